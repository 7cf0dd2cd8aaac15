package botapi

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// args are the parameters of one call.
type args map[string]any

func (a api) with(method string, p args) reply {
	a.t.Helper()
	var pairs []any
	for name, value := range p {
		pairs = append(pairs, name, value)
	}
	return a.call(method, pairs...)
}

func rows(n, wide int) map[string]any {
	var all [][]map[string]string
	for range n {
		var row []map[string]string
		for range wide {
			row = append(row, map[string]string{"text": "b", "callback_data": "d"})
		}
		all = append(all, row)
	}
	return map[string]any{"inline_keyboard": all}
}

func oneButton(fields map[string]any) map[string]any {
	return map[string]any{"inline_keyboard": [][]map[string]any{{fields}}}
}

func commandList(n int, name, description string) []map[string]string {
	var list []map[string]string
	for range n {
		list = append(list, map[string]string{"command": name, "description": description})
	}
	return list
}

// TestRefusals holds one row a rule: a request and Telegram's exact sentence.
func TestRefusals(t *testing.T) {
	a := serve(t)
	text := a.sent(ann, "a text", "reply_markup", keyboard("A", "a")).MessageID
	document := into[Message](t, a.upload("sendDocument", "document", "f.txt", []byte("data"), args{"chat_id": ann, "caption": "c"})).MessageID
	written := a.said(ann, ann, "by Ann").MessageID
	foreign := a.said(ann, crew, "/by_ann").MessageID
	old := a.said(ann, ann, "old", At(time.Now().Add(-49*time.Hour))).MessageID
	a.said(ann, crew, "hi")
	if err := a.Block(bob, true); err != nil {
		t.Fatal(err)
	}
	notModified := errNotModified.Description
	for _, row := range []struct {
		rule   string
		method string
		args   args
		want   string // description after "Bad Request: ", or the whole of it when another code is meant
		code   int    // 400 when 0
	}{
		{"text missing", "sendMessage", args{"chat_id": ann}, "message text is empty", 0},
		{"only tags", "sendMessage", args{"chat_id": ann, "text": "<b></b>", "parse_mode": "HTML"}, "text must be non-empty", 0},
		{"only space", "sendMessage", args{"chat_id": ann, "text": " \n "}, "text must be non-empty", 0},
		{"text of 4097", "sendMessage", args{"chat_id": ann, "text": x(4097)}, "message is too long", 0},
		{"text of 2049 emoji", "sendMessage", args{"chat_id": ann, "text": strings.Repeat("🔴", 2049)}, "message is too long", 0},
		{"no chat", "sendMessage", args{"text": "x"}, "chat_id is empty", 0},
		{"unknown chat", "sendMessage", args{"chat_id": 5, "text": "x"}, "chat not found", 0},
		{"unknown group", "sendMessage", args{"chat_id": -5, "text": "x"}, "chat not found", 0},
		{"unknown name", "sendMessage", args{"chat_id": "@nobody", "text": "x"}, "chat not found", 0},
		{"chat not a number", "sendMessage", args{"chat_id": "ann", "text": "x"}, "chat not found", 0},
		{"blocked", "sendMessage", args{"chat_id": bob, "text": "x"}, "Forbidden: bot was blocked by the user", 403},
		{"never started", "sendMessage", args{"chat_id": stranger, "text": "x"}, "Forbidden: bot can't initiate conversation with a user", 403},
		{"Markdown", "sendMessage", args{"chat_id": ann, "text": "*x*", "parse_mode": "MarkdownV2"}, "parse_mode MarkdownV2 is refused by this server: it reads HTML only", 0},
		{"another parse mode", "sendMessage", args{"chat_id": ann, "text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode", 0},
		{"entities past the end", "sendMessage", args{"chat_id": ann, "text": "abc", "entities": []Entity{{Type: "bold", Offset: 1, Length: 3}}}, "entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 4", 0},
		{"unknown thread", "sendMessage", args{"chat_id": hall, "text": "x", "message_thread_id": 99}, "message thread not found", 0},
		{"General by number", "sendMessage", args{"chat_id": hall, "text": "x", "message_thread_id": 1}, "message thread not found", 0},
		{"thread in a plain group", "sendMessage", args{"chat_id": crew, "text": "x", "message_thread_id": deploys}, "message thread not found", 0},
		{"thread in private", "sendMessage", args{"chat_id": ann, "text": "x", "message_thread_id": deploys}, "message thread not found", 0},
		{"reply to nothing", "sendMessage", args{"chat_id": ann, "text": "x", "reply_parameters": args{"message_id": 999}}, "message to be replied not found", 0},
		{"old way to reply to nothing", "sendMessage", args{"chat_id": ann, "text": "x", "reply_to_message_id": 999}, "message to be replied not found", 0},
		{"reply parameters not JSON", "sendMessage", args{"chat_id": ann, "text": "x", "reply_parameters": "no"}, "can't parse reply parameters JSON object", 0},

		{"markup not JSON", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object", 0},
		{"markup not an object", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": []int{1}}, "object expected as reply markup", 0},
		{"rows not arrays", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": args{"inline_keyboard": []args{{"text": "x"}}}}, `field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays`, 0},
		{"button not an object", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": args{"inline_keyboard": [][]int{{1}}}}, "can't parse inline keyboard button: InlineKeyboardButton must be an Object", 0},
		{"button without text", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": oneButton(args{"callback_data": "x"})}, `can't parse inline keyboard button: Can't find field "text"`, 0},
		{"button with empty text", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": keyboard("", "x")}, "inline keyboard button text must be non-empty", 0},
		{"button that does nothing", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": oneButton(args{"text": "x"})}, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard", 0},
		{"empty callback data", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": keyboard("x", "")}, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard", 0},
		{"callback data of 65 bytes", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": keyboard("x", x(65))}, "BUTTON_DATA_INVALID", 0},
		{"callback data of 33 é", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": keyboard("x", strings.Repeat("é", 33))}, "BUTTON_DATA_INVALID", 0},
		{"unknown style", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": oneButton(args{"text": "x", "callback_data": "x", "style": "loud"})}, "can't parse inline keyboard button: invalid button style specified", 0},
		{"101 buttons", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": rows(1, 101)}, "reply markup is too long", 0},
		{"local link", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": oneButton(args{"text": "x", "url": "http://localhost:3000"})}, "inline keyboard button URL 'http://localhost:3000' is invalid: Wrong HTTP URL", 0},
		{"script link", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": oneButton(args{"text": "x", "url": "javascript:alert(1)"})}, "inline keyboard button URL 'javascript:alert(1)' is invalid: Unsupported URL protocol", 0},
		{"plain web app", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": oneButton(args{"text": "x", "web_app": args{"url": "http://a.b"}})}, "inline keyboard button Web App URL 'http://a.b' is invalid: Only HTTPS links are allowed", 0},
		{"web app in a group", "sendMessage", args{"chat_id": crew, "text": "x", "reply_markup": oneButton(args{"text": "x", "web_app": args{"url": "https://a.b"}})}, "BUTTON_TYPE_INVALID", 0},
		{"copy text of 257", "sendMessage", args{"chat_id": ann, "text": "x", "reply_markup": oneButton(args{"text": "x", "copy_text": args{"text": x(257)}})}, "BUTTON_COPY_TEXT_INVALID", 0},

		{"edit without an id", "editMessageText", args{"text": "x"}, "message identifier is not specified", 0},
		{"edit of no message", "editMessageText", args{"chat_id": ann, "message_id": 999, "text": "x"}, "message to edit not found", 0},
		{"edit of a person's message", "editMessageText", args{"chat_id": ann, "message_id": written, "text": "x"}, "message can't be edited", 0},
		{"edit without text", "editMessageText", args{"chat_id": ann, "message_id": text}, "message text is empty", 0},
		{"edit too long", "editMessageText", args{"chat_id": ann, "message_id": text, "text": x(4097)}, "message is too long", 0},
		{"edit of text that is none", "editMessageText", args{"chat_id": ann, "message_id": document, "text": "x"}, "there is no text in the message to edit", 0},
		{"edit of a caption that is none", "editMessageCaption", args{"chat_id": ann, "message_id": text, "caption": "x"}, "there is no caption in the message to edit", 0},
		{"caption of 1025", "editMessageCaption", args{"chat_id": ann, "message_id": document, "caption": x(1025)}, "message caption is too long", 0},
		{"same text and keyboard", "editMessageText", args{"chat_id": ann, "message_id": text, "text": "a text", "reply_markup": keyboard("A", "a")}, notModified, -1},
		{"same caption", "editMessageCaption", args{"chat_id": ann, "message_id": document, "caption": "c"}, notModified, -1},
		{"same keyboard", "editMessageReplyMarkup", args{"chat_id": ann, "message_id": text, "reply_markup": keyboard("A", "a")}, notModified, -1},
		{"reply keyboard on an edit", "editMessageText", args{"chat_id": ann, "message_id": text, "text": "y", "reply_markup": args{"force_reply": true}}, "inline keyboard expected", 0},
		{"edit in a blocked chat", "editMessageText", args{"chat_id": bob, "message_id": 1, "text": "y"}, "Forbidden: bot was blocked by the user", 403},

		{"delete of no message", "deleteMessage", args{"chat_id": ann, "message_id": 999}, "message to delete not found", 0},
		{"delete of another's message in a group", "deleteMessage", args{"chat_id": crew, "message_id": foreign}, "message can't be deleted", 0},
		{"delete after 48 h", "deleteMessage", args{"chat_id": ann, "message_id": old}, "message can't be deleted", 0},
		{"pin of no message", "pinChatMessage", args{"chat_id": ann, "message_id": 999}, "message to pin not found", 0},
		{"pin without the right", "pinChatMessage", args{"chat_id": crew, "message_id": foreign}, "not enough rights to manage pinned messages in the chat", 0},
		{"unpin of nothing", "unpinChatMessage", args{"chat_id": ann}, "message to unpin not found", 0},

		{"unknown query", "answerCallbackQuery", args{"callback_query_id": "1"}, "query is too old and response timeout expired or query ID is invalid", 0},
		{"unknown action", "sendChatAction", args{"chat_id": ann, "action": "thinking"}, "wrong parameter action in request", 0},
		{"action in an unknown thread", "sendChatAction", args{"chat_id": hall, "action": "typing", "message_thread_id": 99}, "message thread not found", 0},

		{"document missing", "sendDocument", args{"chat_id": ann}, "there is no document in the request", 0},
		{"unknown file id", "sendDocument", args{"chat_id": ann, "document": "BQAC"}, "wrong remote file identifier specified: Wrong string length", 0},
		{"file by address", "sendDocument", args{"chat_id": ann, "document": "https://a.b/c"}, "failed to get HTTP URL content", 0},
		{"photo missing", "sendPhoto", args{"chat_id": ann}, "there is no photo in the request", 0},
		{"no such file", "getFile", args{"file_id": "x"}, "invalid file_id", 0},
		{"file id missing", "getFile", args{}, "file_id not specified", 0},

		{"commands not JSON", "setMyCommands", args{"commands": "x"}, "can't parse commands JSON object", 0},
		{"101 commands", "setMyCommands", args{"commands": commandList(101, "a", "b")}, "BOT_COMMANDS_TOO_MUCH", 0},
		{"empty command", "setMyCommands", args{"commands": commandList(1, "", "b")}, "command must be non-empty", 0},
		{"command of 33", "setMyCommands", args{"commands": commandList(1, x(33), "b")}, "command length must not exceed 32", 0},
		{"capital in a command", "setMyCommands", args{"commands": commandList(1, "Status", "b")}, "BOT_COMMAND_INVALID", 0},
		{"accent in a command", "setMyCommands", args{"commands": commandList(1, "état", "b")}, "BOT_COMMAND_INVALID", 0},
		{"dash in a command", "setMyCommands", args{"commands": commandList(1, "a-b", "b")}, "BOT_COMMAND_INVALID", 0},
		{"empty description", "setMyCommands", args{"commands": commandList(1, "a", " ")}, "command description must be non-empty", 0},
		{"description of 257", "setMyCommands", args{"commands": commandList(1, "a", x(257))}, "command description length must not exceed 256", 0},
		{"language of three letters", "setMyCommands", args{"commands": commandList(1, "a", "b"), "language_code": "fra"}, "invalid language code specified", 0},
		{"unknown scope", "setMyCommands", args{"commands": commandList(1, "a", "b"), "scope": args{"type": "planet"}}, "can't parse BotCommandScope: Unsupported type specified", 0},
		{"scope of an unknown chat", "setMyCommands", args{"commands": commandList(1, "a", "b"), "scope": args{"type": "chat", "chat_id": 5}}, "chat not found", 0},
		{"scope of an unknown member", "setMyCommands", args{"commands": commandList(1, "a", "b"), "scope": args{"type": "chat_member", "chat_id": crew, "user_id": 5}}, "user not found", 0},

		{"webhook without HTTPS", "setWebhook", args{"url": "http://example.com/hook"}, "bad webhook: An HTTPS URL must be provided for webhook", 0},
		{"webhook without a host", "setWebhook", args{"url": "hook"}, "bad webhook: invalid webhook URL specified", 0},
		{"secret with a space", "setWebhook", args{"url": "https://a.b", "secret_token": "a b"}, "secret token contains unallowed characters", 0},
		{"secret of 257", "setWebhook", args{"url": "https://a.b", "secret_token": x(257)}, "secret token is too long", 0},
		{"unknown member", "getChatMember", args{"chat_id": crew, "user_id": 5}, "invalid user_id specified", 0},
		{"unknown method", "sendRichMessage", args{"chat_id": ann}, "Not Found: method not found", 404},
	} {
		t.Run(row.rule, func(t *testing.T) {
			code, want := row.code, row.want
			if code == 0 {
				code, want = 400, "Bad Request: "+want
			}
			a := a
			a.t = t
			before := len(a.Messages(ann))
			wantRefusal(t, a.with(row.method, row.args), max(code, 400), want)
			if after := len(a.Messages(ann)); after != before {
				t.Errorf("a refused call changed the chat: %d messages, then %d", before, after)
			}
		})
	}
}

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
