// The lock screen, headset buttons and media keys (W3C Media Session).

export function showOnLockScreen(player, album) {
  const session = navigator.mediaSession;
  if (!session) return;
  const actions = {
    play: () => player.play(),
    pause: () => player.pause(),
    seekto: ({ seekTime }) => player.seek(seekTime),
    seekbackward: ({ seekOffset }) => player.seek(player.time - (seekOffset || 10)),
    seekforward: ({ seekOffset }) => player.seek(player.time + (seekOffset || 10)),
  };
  if (player.tracks.length > 1) {
    actions.previoustrack = () => player.previous();
    actions.nexttrack = () => player.next();
  }
  for (const [name, action] of Object.entries(actions)) {
    try {
      session.setActionHandler(name, action);
    } catch {
      // A browser may not know it.
    }
  }
  const { title, artist, cover, cover_large: large } = player.track;
  const type = "image/jpeg";
  const artwork = cover ? [{ src: cover, sizes: "256x256", type }, { src: large, sizes: "1024x1024", type }] : [];
  session.metadata = new MediaMetadata({ title, artist: artist ?? "", album: album ?? "", artwork });
}

export function moveOnLockScreen(player) {
  const session = navigator.mediaSession;
  if (!session?.setPositionState || !player.duration) return;
  session.playbackState = player.wantsToPlay ? "playing" : "paused";
  const position = Math.min(player.time, player.duration);
  session.setPositionState({ duration: player.duration, position, playbackRate: 1 });
}
