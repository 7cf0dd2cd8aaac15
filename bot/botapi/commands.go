package botapi

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	maxCommands    = 100
	maxCommandName = 32
	maxDescription = 256
)

// commandKey is where a list of commands holds; the zero key is everywhere.
type commandKey struct {
	scope    string
	chat     int64
	user     int64
	language string
}

var (
	commandName  = regexp.MustCompile(`^[a-z0-9_]+$`)
	languageCode = regexp.MustCompile(`^([a-z]{2})?$`)
)

func (s *Server) setMyCommands(_ context.Context, b *bot, p params) (any, *apiError) {
	var list []Command
	if err := json.Unmarshal([]byte(p.str("commands")), &list); err != nil {
		return nil, badRequest("can't parse commands JSON object")
	}
	if len(list) > maxCommands {
		return nil, badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	for i := range list {
		if refused := list[i].clean(); refused != nil {
			return nil, refused
		}
	}
	return true, s.setCommands(b, p, list)
}

func (s *Server) deleteMyCommands(_ context.Context, b *bot, p params) (any, *apiError) {
	return true, s.setCommands(b, p, nil)
}

// clean trims a command and checks Telegram's rules.
func (c *Command) clean() *apiError {
	c.Command = strings.TrimPrefix(strings.TrimSpace(c.Command), "/")
	c.Description = strings.TrimSpace(c.Description)
	switch {
	case c.Command == "":
		return badRequest("command must be non-empty")
	case utf8.RuneCountInString(c.Command) > maxCommandName:
		return badRequest("command length must not exceed %d", maxCommandName)
	case c.Description == "":
		return badRequest("command description must be non-empty")
	case utf8.RuneCountInString(c.Description) > maxDescription:
		return badRequest("command description length must not exceed %d", maxDescription)
	case !commandName.MatchString(c.Command):
		return badRequest("BOT_COMMAND_INVALID")
	}
	return nil
}

func (s *Server) setCommands(b *bot, p params, list []Command) *apiError {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, refused := s.commandScope(b, p)
	if refused != nil {
		return refused
	}
	if len(list) == 0 {
		delete(b.commands, key)
	} else {
		b.commands[key] = list
	}
	s.publish(event{Kind: "chats"})
	return nil
}

func (s *Server) getMyCommands(_ context.Context, b *bot, p params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, refused := s.commandScope(b, p)
	if refused != nil {
		return nil, refused
	}
	if list := b.commands[key]; list != nil {
		return list, nil
	}
	return []Command{}, nil
}

// commandScope reads scope and language_code; s.mu is held.
func (s *Server) commandScope(b *bot, p params) (commandKey, *apiError) {
	key := commandKey{language: p.str("language_code")}
	if !languageCode.MatchString(key.language) {
		return key, badRequest("invalid language code specified")
	}
	raw := p.str("scope")
	if raw == "" || raw == "null" {
		return key, nil
	}
	var scope struct {
		Type string          `json:"type"`
		Chat json.RawMessage `json:"chat_id"`
		User int64           `json:"user_id"`
	}
	if err := json.Unmarshal([]byte(raw), &scope); err != nil {
		return key, badRequest("can't parse BotCommandScope: %v", err)
	}
	key.scope = scope.Type
	switch scope.Type {
	case "default":
		key.scope = ""
		return key, nil
	case "all_private_chats", "all_group_chats", "all_chat_administrators":
		return key, nil
	case "chat", "chat_administrators", "chat_member":
	default:
		return key, badRequest("can't parse BotCommandScope: Unsupported type specified")
	}
	r, refused := s.room(b, strings.Trim(string(scope.Chat), `"`))
	if refused != nil {
		return key, refused
	}
	key.chat = r.chat.ID
	if scope.Type == "chat_member" {
		if s.users[scope.User] == nil {
			return key, badRequest("user not found")
		}
		key.user = scope.User
	}
	return key, nil
}

// commandsFor is the menu that a person sees in a chat: the most specific
// scope wins, and in it the person's language before none; s.mu is held.
func (b *bot) commandsFor(r *room, u User) []Command {
	id, admin := r.chat.ID, r.isAdmin(u.ID)
	keys := []commandKey{{scope: "chat", chat: id}, {scope: "all_private_chats"}}
	if r.chat.Type != "private" {
		keys = []commandKey{{scope: "chat_member", chat: id, user: u.ID}}
		if admin {
			keys = append(keys, commandKey{scope: "chat_administrators", chat: id})
		}
		keys = append(keys, commandKey{scope: "chat", chat: id})
		if admin {
			keys = append(keys, commandKey{scope: "all_chat_administrators"})
		}
		keys = append(keys, commandKey{scope: "all_group_chats"})
	}
	language, _, _ := strings.Cut(u.LanguageCode, "-")
	for _, key := range append(keys, commandKey{}) {
		key.language = language
		if list := b.commands[key]; list != nil {
			return list
		}
		key.language = ""
		if list := b.commands[key]; list != nil {
			return list
		}
	}
	return []Command{}
}
