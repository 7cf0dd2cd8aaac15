// Sets up a fresh Uptime Kuma over socket.io, which is its only way in: an owner, two webhooks, the test of the first, and a
// monitor that tells both. From the environment: KUMA_DIR (where it is installed), KUMA_URL, HOOK_URL, HOOK_SECRET, TARGET_URL.
import { createRequire } from 'node:module';

const { KUMA_DIR, KUMA_URL, HOOK_URL, HOOK_SECRET, TARGET_URL } = process.env;
const { io } = createRequire(`${KUMA_DIR}/`)('socket.io-client');
const socket = io(KUMA_URL, { transports: ['websocket'] });

const call = (event, ...args) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error(`${event}: no answer`)), 60_000);
  socket.emit(event, ...args, (answer) => {
    clearTimeout(timer);
    answer.ok ? resolve(answer) : reject(new Error(`${event}: ${answer.msg}`));
  });
});

await new Promise((resolve) => socket.on('connect', resolve));
const owner = { username: 'ann', password: 'Passw0rd-of-a-test', token: '' };
await call('setup', owner.username, owner.password);
await call('login', owner);

const webhook = (name, webhookContentType) => ({
  name, webhookContentType, type: 'webhook', webhookURL: HOOK_URL,
  webhookAdditionalHeaders: JSON.stringify({ Authorization: `Bearer ${HOOK_SECRET}` }),
});
await call('testNotification', webhook('vigie', 'json'));
const json = await call('addNotification', webhook('vigie', 'json'), null);
const form = await call('addNotification', webhook('vigie, as a form', 'form-data'), null);

await call('add', { // it wants every field, and looks every 20 s at most often
  type: 'http', name: 'VPAI — shop', url: TARGET_URL, interval: 20, notificationIDList: { [json.id]: true, [form.id]: true },
  accepted_statuscodes: ['200-299'], active: true, maxretries: 0, retryInterval: 20, resendInterval: 0, timeout: 5, maxredirects: 0,
  method: 'GET', httpBodyEncoding: 'json', authMethod: null, description: null, parent: null, packetSize: 56,
  upsideDown: false, expiryNotification: false, ignoreTls: false, invertKeyword: false, dns_resolve_type: 'A', dns_resolve_server: '127.0.0.1',
  mqttUsername: '', mqttPassword: '', mqttTopic: '', mqttSuccessMessage: '', kafkaProducerBrokers: [], kafkaProducerSaslOptions: { mechanism: 'None' },
});
process.exit(0);
