"""The script that Redis runs to decide what is accepted, one call for the asks of a slot.

It's called by `redis_log.py`, which names the logs.
"""

from __future__ import annotations

from listenlink.model.budget import USES_PER_VISIT, Budget
from listenlink.model.limit import VISIT_US

# Stands for no budget: a visit ticket's use is asked for, or told to be taken, by it.
FREE = 0
# ARGV is the window, the budgets' sizes by number, then each ask's budget and token; KEYS are the logs of
# each ask, two for a refusal, three for a ticket's use. Times mustn't be written the way Lua writes large
# numbers, 1.7e+15.
SCRIPT = (
    f"local REFUSAL, REPEAT, BUDGETS = {Budget.REFUSAL:d}, {Budget.REPEAT:d}, {len(Budget)}\n"
    f"local FREE, RESOLVE, USES, TTL = {FREE}, {Budget.RESOLVE:d}, {USES_PER_VISIT}, {VISIT_US}"
    """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[1])
local told, next_key = {}, 1
local function size(budget)
    return tonumber(ARGV[1 + budget])
end
local function take_key()
    next_key = next_key + 1
    return KEYS[next_key - 1]
end
local function look(key)
    -- A clock that was set back doesn't make the log disordered.
    local at = math.max(now, tonumber(redis.call('LINDEX', key, -1) or '0'))
    local first = redis.call('LINDEX', key, 0)
    while first and tonumber(first) < at - window do
        redis.call('LPOP', key)
        first = redis.call('LINDEX', key, 0)
    end
    return redis.call('LLEN', key), tonumber(first or at) + window + 1 - at, at
end
local function keep(key)
    redis.call('PEXPIRE', key, math.ceil(window / 1000) + 1000)
end
local function spend(budget, key)
    local used, reset, at = look(key)
    if used >= size(budget) then
        return budget, -1, reset, at
    end
    redis.call('RPUSH', key, string.format('%.0f', at))
    keep(key)
    return budget, size(budget) - used - 1, reset, at
end
local function spend_refusal(token, repeats, refusals)
    redis.call('ZREMRANGEBYSCORE', refusals, '-inf', '(' .. string.format('%.0f', now - window))
    local is_new = size(REFUSAL) > 0 and not redis.call('ZSCORE', refusals, token)
    if is_new and redis.call('ZCARD', refusals) >= size(REFUSAL) then
        local first = redis.call('ZRANGE', refusals, 0, 0, 'WITHSCORES')[2]
        local reset = tonumber(first) + window + 1 - now
        -- Whoever waits as long as is told must be served then: the longer wait.
        local used, other, at = look(repeats)
        if used >= size(REPEAT) and other > reset then
            return REPEAT, -1, other, at
        end
        return REFUSAL, -1, reset, now
    end
    local budget, left, reset, at = spend(REPEAT, repeats)
    if is_new and left >= 0 then
        redis.call('ZADD', refusals, string.format('%.0f', now), token)
        keep(refusals)
    end
    return budget, left, reset, at
end
local function use(number, visits, uses, hits)
    redis.call('ZREMRANGEBYSCORE', uses, '-inf', '(' .. string.format('%.0f', now - TTL))
    local used, _, at = look(visits)
    if used >= USES * size(RESOLVE) or redis.call('ZSCORE', uses, number) then
        return spend(RESOLVE, hits)
    end
    redis.call('ZADD', uses, string.format('%.0f', now), number)
    redis.call('PEXPIRE', uses, math.ceil(TTL / 1000) + 1000)
    redis.call('RPUSH', visits, string.format('%.0f', at))
    keep(visits)
    local spent, reset = look(hits)
    if spent == 0 then
        reset = window
    end
    return FREE, size(RESOLVE) - spent, reset, at
end
for place = 2 + BUDGETS, #ARGV, 2 do
    local budget, left, reset, at = tonumber(ARGV[place])
    if budget == REPEAT then
        budget, left, reset, at = spend_refusal(ARGV[place + 1], take_key(), take_key())
    elseif budget == FREE then
        budget, left, reset, at = use(ARGV[place + 1], take_key(), take_key(), take_key())
    else
        budget, left, reset, at = spend(budget, take_key())
    end
    for _, number in ipairs({budget, left, reset, at}) do
        table.insert(told, number)
    end
end
return told
"""
)
