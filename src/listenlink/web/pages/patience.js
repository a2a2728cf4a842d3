// Tries again what passing trouble stopped, each time after a longer wait.

const TRIES = 5;

// The problem that waiting didn't mend, or nothing; `hear` is told of the others.
export async function tryPatiently(attempt, hear) {
  for (let tried = 1; ; tried++) {
    try {
      await attempt();
      return undefined;
    } catch (problem) {
      if (!isPassing(problem) || tried === TRIES) return problem;
      hear(problem);
      await new Promise((done) => setTimeout(done, 250 * 2 ** tried));
    }
  }
}

export function isPassing(problem) {
  return problem.kind === "offline" || problem.kind === "busy";
}
