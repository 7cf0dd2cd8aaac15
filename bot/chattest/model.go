package chattest

import (
	"fmt"
	"strconv"
	"strings"

	"vigie/llm"
	"vigie/llm/script"
	"vigie/ops"
)

// modelOf is the model of a transcript, if it has a "model" section: what it says, one answer a line, the last one again and again.
//
//	says WORDS                                    words; \n is a new line
//	calls docker-restart {"service":"n8n"}        a tool call; several with « && » between them
//	fails 429 TYPE MESSAGE                        an error of the proxy
//	budget 0.0001                                 (first line) what the answers of a day may cost, in USD; 1 if it is not said
//
// Every answer costs 0.001 USD.
func (p *player) modelOf(section string, store ops.Store) (*llm.Client, error) {
	if strings.TrimSpace(section) == "" {
		return nil, nil
	}
	daily := 1.0
	if p.script == nil {
		p.script = script.Handler(map[string][]script.Line{})
	}
	var lines []script.Line
	for text := range strings.Lines(section) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		line := script.Line{Cost: 0.001}
		switch kind {
		case "":
			continue
		case "budget":
			var err error
			if daily, err = strconv.ParseFloat(rest, 64); err != nil {
				return nil, fmt.Errorf("the model section: %w", err)
			}
			continue
		case "says":
			line.Says = strings.ReplaceAll(rest, `\n`, "\n")
		case "calls":
			for call := range strings.SplitSeq(rest, " && ") {
				name, args, _ := strings.Cut(call, " ")
				line.Calls = append(line.Calls, script.Call{Name: name, Arguments: args})
			}
		case "fails":
			words := strings.SplitN(rest, " ", 3)
			status, err := strconv.Atoi(words[0])
			if err != nil || len(words) < 3 {
				return nil, fmt.Errorf("the model section: %q", text)
			}
			line.Status, line.Type, line.Message = status, words[1], words[2]
		default:
			return nil, fmt.Errorf("the model section: %q", text)
		}
		lines = append(lines, line)
	}
	p.script.Say("scripted", lines...)
	return llm.NewClient(llm.Options{BaseURL: "http://litellm/v1", Key: p.script.Key, Models: []string{"scripted"}, DailyUSD: daily, InUSD: 1, OutUSD: 5,
		Store: store, Redact: ops.NewRedactor().Redact, Transport: p.script}), nil
}
