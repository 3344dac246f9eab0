// Where the phone is: one watch for all who want to know, so that the receiver is on only as long as somebody listens.

const HOW = { enableHighAccuracy: true, maximumAge: 0, timeout: 60_000 };
const WORDS = {
  1: "没有定位权限：请在浏览器设置中允许本站使用位置。",
  2: "暂时收不到定位信号，请到开阔处。",
  3: "定位超时，请到开阔处再试。",
};
const listeners = new Set();
const STILL_MS = 20_000;
let watching = null;
let asking = 0;
let last = null;

function tell(fix, fault) {
  for (const listener of listeners) listener(fix, fault);
}

function begin() {
  if (!navigator.geolocation) return tell(null, "这部手机的浏览器不支持定位，请在地图上选点。");
  watching = navigator.geolocation.watchPosition(took, failed, HOW);
  asking = setInterval(() => { // of a phone that lies still some browsers tell nothing until they are asked
    if (!last || Date.now() - last.at > STILL_MS) navigator.geolocation.getCurrentPosition(took, failed, HOW);
  }, STILL_MS);
}

function took({ coords, timestamp }) {
  last = { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy, speed: coords.speed, at: timestamp };
  tell(last, "");
}

const failed = ({ code }) => tell(null, WORDS[code] ?? WORDS[2]);

/** Tell `listener(fix, fault)` every position; the last one at once when it is fresh. Returns how to stop. */
export function follow(listener) {
  listeners.add(listener);
  if (last && Date.now() - last.at < 30_000) listener(last, "");
  if (watching === null) begin();
  return () => {
    listeners.delete(listener);
    if (listeners.size || watching === null) return;
    navigator.geolocation.clearWatch(watching);
    clearInterval(asking);
    watching = null;
  };
}

/** Where the phone is now: a position of the last minute, or null. */
export const freshFix = () => (last && Date.now() - last.at < 60_000 ? last : null);

/** The last position known, or null. */
export const lastFix = () => last;
