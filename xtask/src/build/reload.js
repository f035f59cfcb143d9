// Reloads the page when it was built anew. Only sites that are served while one works on them have
// this file; its address says who tells: reload.js?by=events or reload.js?by=trunk.
const by = new URL(import.meta.url).searchParams.get("by");

if (by === "trunk") {
  // As trunk's own script does, which the page's content-security policy refuses because it is inline.
  const connect = (open) => {
    const socket = new WebSocket(new URL("/.well-known/trunk/ws", location.href.replace(/^http/, "ws")));
    socket.onopen = open;
    socket.onmessage = ({ data }) => {
      if (JSON.parse(data).type === "reload") location.reload();
    };
    // The server was stopped: when it answers again, it has built the page anew.
    socket.onclose = () => setTimeout(() => connect(() => location.reload()), 2000);
  };
  connect(() => {});
} else {
  const events = new EventSource("reload");
  let lost = false;
  events.onmessage = () => location.reload();
  events.onerror = () => (lost = true);
  events.onopen = () => {
    if (lost) location.reload();
  };
}
