package botapi

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// upload sends a file by multipart.
func (a api) upload(method, field, name string, data []byte, p args) reply {
	a.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for key, value := range p {
		if err := form.WriteField(key, fmt.Sprint(value)); err != nil {
			a.t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile(field, name)
	if err != nil {
		a.t.Fatal(err)
	}
	part.Write(data) // to memory
	form.Close()
	r, err := read(http.Post(a.base+"/bot"+token+"/"+method, form.FormDataContentType(), &body))
	if err != nil {
		a.t.Fatalf("%s: %v", method, err)
	}
	return r
}

func TestUploadsRefused(t *testing.T) {
	a := serve(t)
	to := args{"chat_id": ann}
	wantRefusal(t, a.upload("sendDocument", "document", "empty", nil, to), 400, "Bad Request: file must be non-empty")
	wantRefusal(t, a.upload("sendPhoto", "photo", "p.png", pngOf(t, 30, 30)[:90], to), 400, "Bad Request: IMAGE_PROCESS_FAILED")
	wantRefusal(t, a.upload("sendPhoto", "photo", "p.png", pngOf(t, 210, 10), to), 400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
	wantRefusal(t, a.upload("sendPhoto", "photo", "p.png", make([]byte, maxPhoto+1), to), 400, "Bad Request: file is too big for a photo")
	wantRefusal(t, a.upload("sendDocument", "document", "big", make([]byte, maxUpload+1), to), 413, "Request Entity Too Large")
	wantRefusal(t, a.upload("sendDocument", "document", "f", []byte("x"), args{"chat_id": ann, "caption": x(1025)}), 400, "Bad Request: message caption is too long")
	wantRefusal(t, a.upload("sendDocument", "other", "f", []byte("x"), args{"chat_id": ann, "document": "attach://missing"}), 400, "Bad Request: there is no document in the request")
	if n := len(a.Messages(ann)); n != 0 {
		t.Errorf("%d messages after refused uploads", n)
	}
	big := into[Message](t, a.upload("sendDocument", "document", "big.bin", make([]byte, maxDownload+1), to))
	wantRefusal(t, a.call("getFile", "file_id", big.Document.FileID), 400, "Bad Request: file is too big")
	attached := into[Message](t, a.upload("sendDocument", "other", "../a/f.txt", []byte("x"), args{"chat_id": ann, "document": "attach://other"}))
	if attached.Document.FileName != "f.txt" {
		t.Errorf("the file is called %q", attached.Document.FileName)
	}
}

// TestAtTheLimits is the other side of the refusals: what just fits is taken.
func TestAtTheLimits(t *testing.T) {
	a := serve(t)
	for _, row := range []struct {
		rule string
		args args
	}{
		{"4096 units", args{"text": x(4096)}},
		{"2048 emoji", args{"text": strings.Repeat("🔴", 2048)}},
		{"4096 units after parsing", args{"text": "<b>" + strings.Repeat("&lt;", 4096) + "</b>", "parse_mode": "HTML"}},
		{"64 bytes of data", args{"text": "x", "reply_markup": keyboard("x", strings.Repeat("é", 32))}},
		{"100 buttons", args{"text": "x", "reply_markup": rows(20, 5)}},
		{"styled button", args{"text": "x", "reply_markup": oneButton(args{"text": "x", "callback_data": "x", "style": "danger"})}},
		{"no buttons", args{"text": "x", "reply_markup": args{"inline_keyboard": []any{}}}},
		{"reply to nothing, anyway", args{"text": "x", "reply_parameters": args{"message_id": 999, "allow_sending_without_reply": true}}},
		{"General", args{"text": "x", "chat_id": hall}},
		{"by name", args{"text": "x", "chat_id": "@TheCrew"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			p := args{"chat_id": ann}
			for name, value := range row.args {
				p[name] = value
			}
			if r := a.with("sendMessage", p); !r.OK {
				t.Errorf("refused: %s", r.Description)
			}
		})
	}
	if r := a.call("sendChatAction", "chat_id", hall, "action", "typing", "message_thread_id", 1); !r.OK {
		t.Errorf("typing in General: %s", r.Description)
	}
	if r := a.call("setMyCommands", "commands", commandList(100, "/"+x(32), strings.Repeat("é", 256))); !r.OK {
		t.Errorf("100 full commands: %s", r.Description)
	}
}

func TestTokens(t *testing.T) {
	a := serve(t)
	for path, want := range map[string]string{
		"/bot999:unknown/getMe":       "401 Unauthorized",
		"/bot999:unknown/nonsense":    "401 Unauthorized",
		"/botnonsense/getMe":          "404 Not Found",
		"/bot" + token:                "404 Not Found",
		"/elsewhere":                  "404 Not Found",
		"/file/bot999:unknown/x":      "401 Unauthorized",
		"/file/bot" + token + "/none": "404 Not Found",
		"/bot" + token + "/GETME":     "0 ",
	} {
		r, err := read(http.Get(a.base + path))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got := fmt.Sprintf("%d %s", r.ErrorCode, r.Description); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// TestBodies checks that arguments arrive alike however they are sent.
func TestBodies(t *testing.T) {
	a := serve(t)
	form := url.Values{"chat_id": {fmt.Sprint(ann)}, "text": {"é & <b>"}}
	target := a.base + "/bot" + token + "/sendMessage"
	answers := map[string]reply{"GET": a.get("sendMessage", form), "JSON": a.call("sendMessage", "chat_id", ann, "text", "é & <b>")}
	var err error
	if answers["form"], err = read(http.PostForm(target, form)); err != nil {
		t.Fatal(err)
	}
	if answers["query and empty body"], err = read(http.Post(target+"?"+form.Encode(), "", nil)); err != nil {
		t.Fatal(err)
	}
	for way, r := range answers {
		if m := into[Message](t, r); m.Text != "é & <b>" || m.Chat.ID != ann {
			t.Errorf("%s: %+v", way, m)
		}
	}
	for name, body := range map[string]string{"object expected as request body": "[1]", "can't read the request body": "\xff"} {
		r, err := read(http.Post(target, map[bool]string{true: "application/json", false: "multipart/form-data; boundary=x"}[name[0] == 'o'], strings.NewReader(body)))
		if err != nil || r.Status != 400 || !strings.HasPrefix(r.Description, "Bad Request: "+name) {
			t.Errorf("body %q: %+v, %v", body, r, err)
		}
	}
}
