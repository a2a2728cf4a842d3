// Tries again what passing trouble stopped, each time after a longer wait.

const TRIES = 3;

// The problem that waiting didn't mend, or nothing; `hear` is told of the others.
export async function tryPatiently(attempt, hear) {
  for (let tried = 1; ; tried++) {
    try {
      await attempt();
      return undefined;
    } catch (problem) {
      if (!isPassing(problem) || tried === TRIES) return problem;
      hear(problem);
      await connectionOr(375 * 4 ** tried);
    }
  }
}

export function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

function isPassing(problem) {
  return problem.kind === "offline" || problem.kind === "busy";
}

// Whoever gets a connection back needn't wait any longer.
function connectionOr(milliseconds) {
  return new Promise((done) => {
    const go = () => {
      clearTimeout(timer);
      removeEventListener("online", go);
      done();
    };
    const timer = setTimeout(go, milliseconds);
    addEventListener("online", go);
  });
}
