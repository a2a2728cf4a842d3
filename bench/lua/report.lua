-- What wrk measured, as one line of JSON for bench/load.py. `status` counts answers of 400 and above.

function done(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "duration_us": %d, "bytes": %.0f, "p50_us": %d, "p99_us": %d, '
      .. '"status": %d, "broken": %d}\n',
    summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(99),
    failed.status, failed.connect + failed.read + failed.write + failed.timeout))
end
