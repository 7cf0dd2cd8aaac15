// Package botapi is a strict stand-in for the Telegram Bot API, with a chat page.
//
// A bot that works against it works against Telegram: every rule that it
// enforces is Telegram's, with Telegram's HTTP codes and sentences. Where it
// differs it is stricter, and on purpose:
//
//   - an '&' that does not begin one of the known entities and end in ';' is an
//     error (Telegram shows it as it is), and so is the empty end tag "</>";
//   - Markdown parse modes are refused;
//   - answering a callback query twice is an error;
//   - text is limited to 4096 UTF-16 units (Telegram counts characters).
//
// It differs in nothing else that a bot should rely on, except that it keeps
// everything in memory, that a webhook may be plain HTTP on the loopback, and
// that it knows only the methods in [Server] (others are 404).
//
// A test drives people, and waits for what the bot says:
//
//	s := botapi.New(botapi.Options{
//		Bots:  []botapi.Bot{{Token: "7000001:secret", Username: "vigie_bot"}},
//		Users: []botapi.User{{ID: 1001, FirstName: "Ann", LanguageCode: "en"}},
//	})
//	defer s.Close()
//	web := httptest.NewServer(s) // the bot's API URL is web.URL
//	s.Say(1001, 1001, "/status")
//	m, err := s.WaitMessage(ctx, 1001, func(m botapi.Stored) bool { return strings.Contains(m.Text, "fine") })
//	tap, err := s.Tap(1001, 1001, m.MessageID, "Restart n8n")
//	answer, err := tap.Wait(ctx)
//
// The chat page, with which a person does the same by hand, is a second
// handler: http.ListenAndServe("127.0.0.1:8090", s.Page()).
//
// Reading order: server.go (what is served), types.go (what is sent),
// send.go, media.go and edit.go (what a bot can do), updates.go and webhook.go (what it
// hears), drive.go and callback.go (what people do), watch.go (what a test can
// wait for), faults.go and limits.go (what goes wrong), page.go (the chat page).
package botapi
