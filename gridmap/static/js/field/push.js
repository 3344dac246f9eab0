// Being woken: the browser's push service tells the phone that there is something to read, never what.
import { post } from "./link.js";

const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const registered = () => navigator.serviceWorker.ready;

/** Whether this phone can be woken, and by this server. */
export const canPush = (app) => Boolean(app.session.push_key) && "PushManager" in window && "Notification" in window;

/** Whether it is woken already. */
export const isPushed = async () => Boolean(await (await registered()).pushManager.getSubscription());

/** Ask the person, the push service, then the server. Returns what stands in the way, in words; "" when it is done. */
export async function startPush(app) {
  if ((await Notification.requestPermission()) !== "granted") return "没有通知权限：请在浏览器设置中允许本站发送通知。";
  const { pushManager } = await registered();
  const key = bytesOf(app.session.push_key);
  let made;
  try {
    made = (await pushManager.getSubscription()) ?? (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  } catch {
    return "这部手机的浏览器连不上推送服务，通知会在联网时取回。";
  }
  return tell(app, made.endpoint).catch(async ({ words }) => {
    await made.unsubscribe();
    return words || "现在连不上服务器，请稍后再试。";
  });
}

/** Be woken no more. */
export async function stopPush(app) {
  const made = await (await registered()).pushManager.getSubscription();
  await made?.unsubscribe();
  await tell(app, null).catch(() => {}); // the push service tells the server that nobody is there any more
}

async function tell(app, address) {
  const { id } = await app.store.get("device");
  await post("/field/push", { device: id, address }, app.session.csrf);
  return "";
}
