// Preloaded into Uptime Kuma: it reaches this machine and nothing else, and says what it was refused.
const net = require('node:net');

const local = (host) => !host || host === 'localhost' || host === '::1' || /^127\./.test(host);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...args) {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  const to = typeof first === 'object' && first !== null ? first : { host: typeof args[1] === 'string' ? args[1] : undefined };
  if (to.path || local(to.host)) return connect.apply(this, args);
  console.error(`refused to connect to ${to.host}`);
  process.nextTick(() => this.destroy(new Error(`refused to connect to ${to.host}`)));
  return this;
};
