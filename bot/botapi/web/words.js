// The page's own words, in the languages of the people who use it.

const english = {
  message: "Message", post: "Broadcast", menu: "Menu", chats: "Chats", bot: "bot", channel: "channel", people: (n) => (n === 1 ? "1 member" : `${n} members`),
  me: "Speak as", send: "Send", reply: "Reply", cancel: "Cancel", copy: "Copy", copied: "Copied", unfold: "Show all", reveal: "Reveal",
  forwarded: "Forwarded from", photo: "Photo", voice: "Voice message", today: "Today", yesterday: "Yesterday", unread: "Unread messages",
  general: "General", all: "All", closed: "This topic is closed", pinned: "Pinned message", bottom: "Newest messages", edited: "edited",
  offline: "Connection lost, trying again…", empty: (name) => `Say something to ${name}`, hello: "No messages here yet",
  actions: { typing: "typing", upload_document: "sending a file", upload_photo: "sending a photo", record_voice: "recording voice" },
};

const french = {
  message: "Message", post: "Publier", menu: "Menu", chats: "Discussions", bot: "bot", channel: "canal", people: (n) => (n === 1 ? "1 membre" : `${n} membres`),
  me: "Parler en tant que", send: "Envoyer", reply: "Répondre", cancel: "Annuler", copy: "Copier", copied: "Copié", unfold: "Tout afficher", reveal: "Révéler",
  forwarded: "Transféré de", photo: "Photo", voice: "Message vocal", today: "Aujourd’hui", yesterday: "Hier", unread: "Messages non lus",
  general: "Général", all: "Tout", closed: "Ce sujet est fermé", pinned: "Message épinglé", bottom: "Derniers messages", edited: "modifié",
  offline: "Connexion perdue, nouvel essai…", empty: (name) => `Écris quelque chose à ${name}`, hello: "Aucun message pour l’instant",
  actions: { typing: "écrit", upload_document: "envoie un fichier", upload_photo: "envoie une photo", record_voice: "enregistre un message vocal" },
};

export function wordsFor(language) {
  return (language || "").startsWith("fr") ? french : english;
}
