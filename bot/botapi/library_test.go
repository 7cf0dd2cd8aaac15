package botapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// library is the real Telegram library, talking to the server.
func library(a api) *tgbotapi.BotAPI {
	a.t.Helper()
	bot, err := tgbotapi.NewBotAPIWithClient(token, a.base+"/bot%s/%s", &http.Client{Timeout: 20 * time.Second})
	if err != nil {
		a.t.Fatalf("getMe through the library: %v", err)
	}
	return bot
}

func TestLibrarySendsEditsAndAnswers(t *testing.T) {
	a := serve(t)
	bot := library(a)
	if bot.Self.UserName != "vigie_bot" || bot.Self.ID != 7000001 || !bot.Self.IsBot {
		t.Fatalf("getMe says %+v", bot.Self)
	}

	config := tgbotapi.NewMessage(ann, "<b>n8n</b> is <code>down</code>")
	config.ParseMode = tgbotapi.ModeHTML
	config.ReplyMarkup = tgbotapi.NewInlineKeyboardMarkup(tgbotapi.NewInlineKeyboardRow(
		tgbotapi.NewInlineKeyboardButtonData("Restart n8n", "r:1")))
	m, err := bot.Send(config)
	if err != nil {
		t.Fatal(err)
	}
	if m.Text != "n8n is down" || len(m.Entities) != 2 || m.Chat.ID != ann || m.ReplyMarkup == nil {
		t.Fatalf("sent %+v", m)
	}

	tap, err := a.Tap(ann, ann, m.MessageID, "Restart n8n")
	if err != nil {
		t.Fatal(err)
	}
	updates, err := bot.GetUpdates(tgbotapi.UpdateConfig{Timeout: 5})
	if err != nil || len(updates) != 1 || updates[0].CallbackQuery == nil {
		t.Fatalf("getUpdates: %v %+v", err, updates)
	}
	query := updates[0].CallbackQuery
	if query.Data != "r:1" || query.From.ID != ann || query.Message.MessageID != m.MessageID {
		t.Fatalf("callback %+v", query)
	}
	if _, err := bot.Request(tgbotapi.NewCallbackWithAlert(query.ID, "Working")); err != nil {
		t.Fatal(err)
	}
	got, err := tap.Wait(within(t, 5*time.Second))
	if err != nil || got != (CallbackAnswer{Text: "Working", Alert: true}) {
		t.Fatalf("the tap was answered %+v, %v", got, err)
	}

	edit := tgbotapi.NewEditMessageText(ann, m.MessageID, "done")
	if _, err := bot.Send(edit); err != nil {
		t.Fatal(err)
	}
	_, err = bot.Send(edit)
	var refused *tgbotapi.Error
	if !errors.As(err, &refused) || refused.Code != 400 || refused.Message != errNotModified.Description {
		t.Fatalf("the same edit again: %v", err)
	}
	stored := a.Messages(ann)[0]
	if stored.Edits() != 1 || stored.Text != "done" || stored.ReplyMarkup != nil || stored.Revisions[0].Text != "n8n is down" {
		t.Fatalf("stored %+v", stored)
	}
	if _, err := bot.Request(tgbotapi.NewDeleteMessage(ann, m.MessageID)); err != nil {
		t.Fatal(err)
	}
	if left := a.Messages(ann); len(left) != 0 {
		t.Fatalf("still there: %+v", left)
	}
}

func TestLibrarySendsFiles(t *testing.T) {
	a := serve(t)
	bot := library(a)
	log := bytes.Repeat([]byte("line\n"), 1000)
	doc := tgbotapi.NewDocument(ann, tgbotapi.FileBytes{Name: "n8n.log", Bytes: log})
	doc.Caption = "the log"
	m, err := bot.Send(doc)
	if err != nil {
		t.Fatal(err)
	}
	if m.Document.FileName != "n8n.log" || m.Document.FileSize != len(log) || m.Caption != "the log" {
		t.Fatalf("document %+v", m.Document)
	}
	file, err := bot.GetFile(tgbotapi.FileConfig{FileID: m.Document.FileID})
	if err != nil {
		t.Fatal(err)
	}
	answered, err := http.Get(a.base + "/file/bot" + token + "/" + file.FilePath)
	if err != nil {
		t.Fatal(err)
	}
	defer answered.Body.Close()
	var back bytes.Buffer
	if _, err := back.ReadFrom(answered.Body); err != nil || !bytes.Equal(back.Bytes(), log) {
		t.Fatalf("downloaded %d bytes, %v", back.Len(), err)
	}
	again, err := bot.Send(tgbotapi.NewDocument(bob, tgbotapi.FileID(m.Document.FileID)))
	if err != nil || again.Document.FileID != m.Document.FileID || again.Chat.ID != bob {
		t.Fatalf("sent by id: %+v, %v", again.Document, err)
	}

	photo, err := bot.Send(tgbotapi.NewPhoto(ann, tgbotapi.FileBytes{Name: "c.png", Bytes: pngOf(t, 60, 30)}))
	if err != nil || len(photo.Photo) != 1 || photo.Photo[0].Width != 60 || photo.Photo[0].Height != 30 {
		t.Fatalf("photo %+v, %v", photo.Photo, err)
	}
	if _, err := bot.Send(tgbotapi.NewPhoto(ann, tgbotapi.FileID(photo.Photo[0].FileID))); err != nil {
		t.Fatalf("photo by id: %v", err)
	}
	_, err = bot.Send(tgbotapi.NewPhoto(ann, tgbotapi.FileBytes{Name: "c.png", Bytes: log}))
	if err == nil || err.Error() != "Bad Request: IMAGE_PROCESS_FAILED" {
		t.Fatalf("text as a photo: %v", err)
	}
}

func TestLibraryCommandsAndChats(t *testing.T) {
	a := serve(t)
	bot := library(a)
	english := []tgbotapi.BotCommand{{Command: "status", Description: "what needs you"}}
	french := []tgbotapi.BotCommand{{Command: "status", Description: "ce qui t'attend"}}
	if _, err := bot.Request(tgbotapi.NewSetMyCommands(english...)); err != nil {
		t.Fatal(err)
	}
	scope := tgbotapi.NewBotCommandScopeDefault()
	if _, err := bot.Request(tgbotapi.NewSetMyCommandsWithScopeAndLanguage(scope, "fr", french...)); err != nil {
		t.Fatal(err)
	}
	if got, err := bot.GetMyCommands(); err != nil || !reflect.DeepEqual(got, english) {
		t.Fatalf("commands %+v, %v", got, err)
	}
	if got, err := bot.GetMyCommandsWithConfig(tgbotapi.NewGetMyCommandsWithScopeAndLanguage(scope, "fr")); err != nil || !reflect.DeepEqual(got, french) {
		t.Fatalf("French commands %+v, %v", got, err)
	}
	chat, err := bot.GetChat(tgbotapi.ChatInfoConfig{ChatConfig: tgbotapi.ChatConfig{ChatID: crew}})
	if err != nil || chat.Title != "Crew" || !chat.IsSuperGroup() {
		t.Fatalf("chat %+v, %v", chat, err)
	}
	member, err := bot.GetChatMember(tgbotapi.GetChatMemberConfig{
		ChatConfigWithUser: tgbotapi.ChatConfigWithUser{ChatID: crew, UserID: ann}})
	if err != nil || !member.IsAdministrator() {
		t.Fatalf("member %+v, %v", member, err)
	}
	if _, err := bot.Request(tgbotapi.NewChatAction(ann, tgbotapi.ChatTyping)); err != nil {
		t.Fatal(err)
	}
}

func TestLibraryTopicsThroughMakeRequest(t *testing.T) {
	a := serve(t)
	bot := library(a)
	answered, err := bot.MakeRequest("sendMessage", tgbotapi.Params{
		"chat_id": "-1001000000002", "message_thread_id": "7", "text": "deployed", "disable_notification": "true",
	})
	if err != nil {
		t.Fatal(err)
	}
	var m Message
	if err := json.Unmarshal(answered.Result, &m); err != nil {
		t.Fatal(err)
	}
	if m.MessageThreadID != deploys || !m.IsTopicMessage || m.ReplyToMessage.ForumTopicCreated.Name != "Deploys" {
		t.Fatalf("message %+v", m)
	}
	if stored := a.Messages(hall)[0]; !stored.Silent {
		t.Fatal("disable_notification was not kept")
	}
}
