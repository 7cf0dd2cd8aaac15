package chattest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/comfyui"
	"vigie/ops/comfyui/comfytest"
	"vigie/ops/remotion"
	"vigie/ops/remotion/remotiontest"
	"vigie/ops/studio"
)

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

// programs are the stand-ins for ComfyUI and Remotion of a transcript. Its world line names the checkpoints, or «none».
type programs struct {
	server *comfytest.Server
	client *http.Client
	videos *remotiontest.Server
	player *http.Client
	kept   kept
}

// kept outlives the bot.
type kept map[string]json.RawMessage

func (k kept) Load(_ context.Context, id string) (json.RawMessage, error) { return k[id], nil }
func (k kept) Save(_ context.Context, id string, body json.RawMessage) error {
	k[id] = body
	return nil
}

func openPrograms(t *testing.T, line string) *programs {
	t.Helper()
	o := comfytest.Options{Checkpoints: []string{}, Step: 1070 * time.Millisecond} // no multiple of what the bot waits for: its order is certain
	for _, word := range strings.Fields(line) {
		switch word {
		case "none":
		case "old":
			o.Old = true
		default:
			o.Checkpoints = append(o.Checkpoints, word)
		}
	}
	s := &programs{server: comfytest.New(o)}
	client, end := comfytest.Pipe(s.server)
	s.client = client
	s.videos, s.kept = remotiontest.New(remotiontest.Options{Compositions: []string{"HelloWorld", "Montage"}, Frame: 107 * time.Millisecond}), kept{}
	player, stop := comfytest.Pipe(s.videos)
	s.player = player
	t.Cleanup(func() { s.server.Close(); end(); s.videos.Close(); stop() })
	return s
}

// bound are the ops of the programs, and of the studio that they run in, if the world has one.
func (s *programs) bound(far *studioHost) []ops.Bound {
	draws, plays := *s.client, *s.player
	if far != nil {
		draws.Transport = far.through("comfyui", s.client.Transport, s.server.Restart)
		plays.Transport = far.through("remotion", s.player.Transport, s.videos.Restart)
	}
	system, err := comfyui.New(comfyui.Options{URL: "http://comfyui:8188", Client: &draws})
	if err != nil {
		panic(err) // the options are ours
	}
	videos, err := remotion.New(remotion.Options{URL: "http://remotion:3200", Client: &plays, Kept: s.kept, Compositions: []remotion.Composition{
		{Name: "HelloWorld", Inputs: map[string]string{"titleText": "text", "frames": "number"}}, {Name: "Montage"}, {Name: "ProductDemo"}}})
	if err != nil {
		panic(err) // the options are ours
	}
	all := []ops.Bound{comfyui.Bind(system), remotion.Bind(videos)}
	if far != nil {
		all = append(all, far.bound([]studio.Program{{Service: "comfyui", API: system}, {Service: "remotion", API: videos}}))
	}
	return all
}

func (s *programs) do(change string) error {
	switch change {
	case "restarts":
		s.server.Restart()
	case "runs out of memory":
		s.server.OutOfMemory()
	case "draws nothing":
		s.server.Empty()
	case "loses its websockets":
		s.server.LoseSockets()
	case "answers are lost":
		s.server.DropAnswers(1)
	case "is off":
		s.server.Down(true)
	case "is on":
		s.server.Down(false)
	case "remotion restarts":
		s.videos.Restart()
	case "remotion runs out of memory":
		s.videos.OutOfMemory()
	case "remotion's answer is lost":
		s.videos.DropAnswer()
	case "loses its checkpoints":
		s.server.Checkpoints()
	default:
		return fmt.Errorf("comfyui cannot do %q", change)
	}
	return nil
}

func (s *programs) calls() (list []string) {
	for _, c := range s.server.Calls() {
		list = append(list, "comfyui: "+uuid.ReplaceAllString(c, "<id>"))
	}
	for _, c := range s.videos.Calls() {
		list = append(list, "remotion: "+c)
	}
	return list
}
