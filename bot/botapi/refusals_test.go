package botapi

import "strings"

// refusal is one rule: a request that breaks it and Telegram's exact sentence.
type refusal struct {
	rule   string
	method string
	args   args
	want   string // description after "Bad Request: "; the whole of it when code is given
	code   int    // 400 when 0
}

// Messages that stand in the chats of TestRefusals.
const (
	textID     = 1 // to Ann, by the bot, with a button
	documentID = 2 // to Ann, by the bot, with a caption
	writtenID  = 3 // by Ann
	oldID      = 4 // by Ann, 49 h old
	foreignID  = 1 // in the crew, by Ann
)

var textRefusals = []refusal{
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
}

var keyboardRefusals = []refusal{
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
}

var editRefusals = []refusal{
	{"edit without an id", "editMessageText", args{"text": "x"}, "message identifier is not specified", 0},
	{"edit of no message", "editMessageText", args{"chat_id": ann, "message_id": 999, "text": "x"}, "message to edit not found", 0},
	{"edit of a person's message", "editMessageText", args{"chat_id": ann, "message_id": writtenID, "text": "x"}, "message can't be edited", 0},
	{"edit without text", "editMessageText", args{"chat_id": ann, "message_id": textID}, "message text is empty", 0},
	{"edit too long", "editMessageText", args{"chat_id": ann, "message_id": textID, "text": x(4097)}, "message is too long", 0},
	{"edit of text that is none", "editMessageText", args{"chat_id": ann, "message_id": documentID, "text": "x"}, "there is no text in the message to edit", 0},
	{"edit of a caption that is none", "editMessageCaption", args{"chat_id": ann, "message_id": textID, "caption": "x"}, "there is no caption in the message to edit", 0},
	{"caption of 1025", "editMessageCaption", args{"chat_id": ann, "message_id": documentID, "caption": x(1025)}, "message caption is too long", 0},
	{"same text and keyboard", "editMessageText", args{"chat_id": ann, "message_id": textID, "text": "a text", "reply_markup": keyboard("A", "a")}, errNotModified.Description, 400},
	{"same caption", "editMessageCaption", args{"chat_id": ann, "message_id": documentID, "caption": "c"}, errNotModified.Description, 400},
	{"same keyboard", "editMessageReplyMarkup", args{"chat_id": ann, "message_id": textID, "reply_markup": keyboard("A", "a")}, errNotModified.Description, 400},
	{"reply keyboard on an edit", "editMessageText", args{"chat_id": ann, "message_id": textID, "text": "y", "reply_markup": args{"force_reply": true}}, "inline keyboard expected", 0},
	{"media missing", "editMessageMedia", args{"chat_id": ann, "message_id": documentID}, `parameter "media" is required`, 0},
	{"media not JSON", "editMessageMedia", args{"chat_id": ann, "message_id": documentID, "media": "{"}, "can't parse input media JSON object", 0},
	{"media not an object", "editMessageMedia", args{"chat_id": ann, "message_id": documentID, "media": []int{1}}, "can't parse InputMedia: expected an Object", 0},
	{"media without a type", "editMessageMedia", args{"chat_id": ann, "message_id": documentID, "media": args{"media": "attach://x"}}, `can't parse InputMedia: can't find field "type"`, 0},
	{"media of another type", "editMessageMedia", args{"chat_id": ann, "message_id": documentID, "media": args{"type": "sticker", "media": "x"}}, `can't parse InputMedia: type "sticker" is unsupported`, 0},
	{"media that is not attached", "editMessageMedia", args{"chat_id": ann, "message_id": documentID, "media": args{"type": "photo", "media": "attach://photo"}}, "can't parse InputMedia: media not found", 0},
	{"media without a file", "editMessageMedia", args{"chat_id": ann, "message_id": documentID, "media": args{"type": "photo"}}, "can't parse InputMedia: media not found", 0},
	{"media of an unknown file", "editMessageMedia", args{"chat_id": ann, "message_id": documentID, "media": args{"type": "photo", "media": "BQAC"}}, "wrong remote file identifier specified: Wrong string length", 0},
	{"media's words first", "editMessageMedia", args{"chat_id": ann, "message_id": documentID, "media": args{"type": "sticker", "media": "x", "caption": "<b>x", "parse_mode": "HTML"}}, `can't parse InputMedia: can't parse entities: Can't find end tag corresponding to start tag "b"`, 0},
	{"media's caption of 1025", "editMessageMedia", args{"chat_id": ann, "message_id": documentID, "media": args{"type": "photo", "media": "x", "caption": x(1025)}}, "message caption is too long", 0},
	{"edit in a blocked chat", "editMessageText", args{"chat_id": bob, "message_id": 1, "text": "y"}, "Forbidden: bot was blocked by the user", 403},
}

var deleteRefusals = []refusal{
	{"delete of no message", "deleteMessage", args{"chat_id": ann, "message_id": 999}, "message to delete not found", 0},
	{"delete of another's message in a group", "deleteMessage", args{"chat_id": crew, "message_id": foreignID}, "message can't be deleted", 0},
	{"delete after 48 h", "deleteMessage", args{"chat_id": ann, "message_id": oldID}, "message can't be deleted", 0},
	{"pin of no message", "pinChatMessage", args{"chat_id": ann, "message_id": 999}, "message to pin not found", 0},
	{"pin without the right", "pinChatMessage", args{"chat_id": crew, "message_id": foreignID}, "not enough rights to manage pinned messages in the chat", 0},
	{"unpin of nothing", "unpinChatMessage", args{"chat_id": ann}, "message to unpin not found", 0},
}

var otherRefusals = []refusal{
	{"unknown query", "answerCallbackQuery", args{"callback_query_id": "1"}, "query is too old and response timeout expired or query ID is invalid", 0},
	{"unknown action", "sendChatAction", args{"chat_id": ann, "action": "thinking"}, "wrong parameter action in request", 0},
	{"action in an unknown thread", "sendChatAction", args{"chat_id": hall, "action": "typing", "message_thread_id": 99}, "message thread not found", 0},
}

var fileRefusals = []refusal{
	{"document missing", "sendDocument", args{"chat_id": ann}, "there is no document in the request", 0},
	{"unknown file id", "sendDocument", args{"chat_id": ann, "document": "BQAC"}, "wrong remote file identifier specified: Wrong string length", 0},
	{"file by address", "sendDocument", args{"chat_id": ann, "document": "https://a.b/c"}, "failed to get HTTP URL content", 0},
	{"photo missing", "sendPhoto", args{"chat_id": ann}, "there is no photo in the request", 0},
	{"no such file", "getFile", args{"file_id": "x"}, "invalid file_id", 0},
	{"file id missing", "getFile", args{}, "file_id not specified", 0},
}

var commandRefusals = []refusal{
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
}

var webhookRefusals = []refusal{
	{"webhook without HTTPS", "setWebhook", args{"url": "http://example.com/hook"}, "bad webhook: An HTTPS URL must be provided for webhook", 0},
	{"webhook without a host", "setWebhook", args{"url": "hook"}, "bad webhook: invalid webhook URL specified", 0},
	{"secret with a space", "setWebhook", args{"url": "https://a.b", "secret_token": "a b"}, "secret token contains unallowed characters", 0},
	{"secret of 257", "setWebhook", args{"url": "https://a.b", "secret_token": x(257)}, "secret token is too long", 0},
	{"unknown member", "getChatMember", args{"chat_id": crew, "user_id": 5}, "invalid user_id specified", 0},
	{"unknown method", "sendRichMessage", args{"chat_id": ann}, "Not Found: method not found", 404},
}
