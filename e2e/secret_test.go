package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"vigie/bot/botapi"
)

// What no message, log line, journal note or page may ever hold.
const (
	tokenSecret = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawQ"
	envSecret   = "hunter-of-the-environment"
	logSecret   = "gatherer-of-the-log"
	totpSecret  = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
)

// TestNothingSecretLeaves has a service log every secret there is, and looks for them everywhere.
func TestNothingSecretLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"sick", "ok"}, users: "[[users]]\nid = 1010\nname = \"dan\"\nrole = \"operator\"\ntotp_file = \"dan.totp\"\n",
		people: []botapi.User{{ID: 1010, FirstName: "Dan", LanguageCode: "en"}}, more: "[log]\nlevel = \"debug\"\n"})
	w.write("dan.totp", totpSecret)
	lines := w.write("secrets", strings.Repeat(fmt.Sprintf(`connecting with DB_PASSWORD=%s to postgres://app:%s@db:5432/app
request headers {'Authorization': 'Bearer %s'} {"api_key": "%s"}
error: https://api.telegram.org/bot%s/getMe timed out, error seed %s
error: password: %s is wrong
`, envSecret, envSecret, logSecret, logSecret, w.token, totpSecret, logSecret), 60))
	w.start()
	ann := w.person("ann")
	// A restart starts its log with all of it.
	if _, err := docker("cp", lines, w.project+"_sick:/secrets"); err != nil {
		t.Fatal(err)
	}
	ann.does("/restart sick", `🔒 Restart sick`, "Restart sick")
	ann.sees(`🟢 sick restarted`)
	if _, err := docker("exec", w.project+"_sick", "rm", "/ok"); err != nil {
		t.Fatal(err)
	}
	w.until("it is sick again", func() bool { return w.health("sick") == "unhealthy" })
	for _, ask := range []struct{ say, sees string }{
		{"/inspect sick", `🔴 sick unhealthy`},
		{"/logs sick", `«secret»`},
		{"/logs sick 2000", `sick`},
		{"/restart " + totpSecret, `no .* here`},
		{"/status " + w.token, `.`},
		{"/history", `Restart sick`},
		{"/audit", `unbroken|entries`},
		{"/whoami", `ann`},
	} {
		ann.say(ask.say)
		ann.sees(ask.sees)
	}
	dan := &person{w: w, id: 1010, chat: 1010}
	dan.say("/unhealthy")
	dan.sees(`sick`)
	_, page := w.get("/metrics")
	w.kill()

	places := map[string]string{"the bot's log": w.bot.said(), "the metrics": page}
	journal, err := json.Marshal(w.journal())
	if err != nil {
		t.Fatal(err)
	}
	places["the journal"] = string(journal)
	files := 0
	for _, c := range w.tg.Calls() {
		places["calls of "+c.Method] += fmt.Sprintln(c.Params)
	}
	for _, chat := range []int64{ann.chat, dan.chat} {
		for _, m := range w.tg.Messages(chat) {
			if !m.From.IsBot {
				continue
			}
			if m.Document != nil {
				places["the file "+m.Document.FileName] = w.download(m.Document.FileID)
				files++
			}
			for _, r := range m.Revisions {
				places["the chat"] += r.Text
			}
		}
	}
	if files == 0 || len(places["the chat"]) < 500 || !strings.Contains(places["the bot's log"], `"level"`) || len(page) < 500 {
		t.Fatalf("there is not much to search: %d files, chat %d, log %d, metrics %d", files, len(places["the chat"]), len(places["the bot's log"]), len(page))
	}
	for where, text := range places {
		for name, secret := range map[string]string{"token": tokenSecret, "environment": envSecret, "log": logSecret, "one-time code": totpSecret} {
			if at := strings.Index(text, secret[:8]); at >= 0 { // half of it is no better
				t.Errorf("the secret of the %s is in %s: %s", name, where, text[max(0, at-120):min(len(text), at+80)])
			}
		}
	}
}

// download gets a file that the bot sent.
func (w *world) download(id string) string {
	w.t.Helper()
	var file struct {
		Result struct {
			Path string `json:"file_path"`
		}
	}
	if err := json.Unmarshal([]byte(w.telegram("getFile?file_id="+id)), &file); err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.Get(w.url + "/file/bot" + w.token + "/" + file.Result.Path)
	if err != nil {
		w.t.Fatal(err)
	}
	return body(w.t, resp)
}
