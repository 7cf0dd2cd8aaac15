package chattest_test

import (
	"context"
	"crypto/sha256"
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
	shop   *comfyui.Keeping // nil if nothing can be downloaded
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
		case "shop":
			o.Dir = t.TempDir()
		default:
			o.Checkpoints = append(o.Checkpoints, word)
		}
	}
	s := &programs{server: comfytest.New(o)}
	if o.Dir != "" {
		s.openShop(t, o.Dir)
	}
	client, end := comfytest.Pipe(s.server)
	s.client = client
	s.videos, s.kept = remotiontest.New(remotiontest.Options{Compositions: []string{"HelloWorld", "Montage"}, Frame: 107 * time.Millisecond}), kept{}
	player, stop := comfytest.Pipe(s.videos)
	s.player = player
	t.Cleanup(func() { s.server.Close(); end(); s.videos.Close(); stop() })
	return s
}

// systems are the ops of the programs, and the studio that they run in, if the world has one.
func (s *programs) systems(far *studioHost) (all []ops.Bound, watchers []ops.Watcher) {
	draws, plays := *s.client, *s.player
	if far != nil {
		draws.Transport = far.through("comfyui", s.client.Transport, s.server.Restart)
		plays.Transport = far.through("remotion", s.player.Transport, s.videos.Restart)
	}
	system, err := comfyui.New(comfyui.Options{URL: "http://comfyui:8188", Client: &draws, Keeping: s.shop})
	if err != nil {
		panic(err) // the options are ours
	}
	videos, err := remotion.New(remotion.Options{URL: "http://remotion:3200", Client: &plays, Kept: s.kept, Compositions: []remotion.Composition{
		{Name: "HelloWorld", Inputs: map[string]string{"titleText": "text", "frames": "number"}}, {Name: "Montage"}, {Name: "ProductDemo"}}})
	if err != nil {
		panic(err) // the options are ours
	}
	all = []ops.Bound{comfyui.Bind(system), remotion.Bind(videos)}
	if far != nil {
		bound, theirs := far.systems([]studio.Program{{Service: "comfyui", API: system}, {Service: "remotion", API: videos}})
		all, watchers = append(all, bound), theirs
	}
	if system.Keeps() {
		all = append(all, comfyui.BindKeeping(system))
	}
	return all, watchers
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

// openShop makes what can be downloaded, from a server that is in memory and speaks no TLS: dusk breaks off twice, forged is another
// file than it should be, exile is elsewhere, vault is not given to everybody, and giant is larger than the disk.
func (s *programs) openShop(t *testing.T, dir string) {
	mirror := comfytest.NewMirror()
	client, end := comfytest.Pipe(mirror)
	t.Cleanup(end)
	client.Transport = inTheClear{client.Transport}
	s.shop = &comfyui.Keeping{Dir: dir, Where: "", Hosts: []string{"mirror.example"}, Client: client, Room: func(string) (int64, error) { return 31_000_000_000, nil }}
	for n, c := range []struct {
		name   string
		size   int64
		served func(data []byte) comfytest.Served
	}{
		{"dusk", 24_000_000, func(data []byte) comfytest.Served {
			return comfytest.Served{Data: data, Pace: 53 * time.Millisecond, CutAfter: []int{9_000_000, 6_000_000}}
		}},
		{"forged", 3_000_000, func(data []byte) comfytest.Served { return comfytest.Served{Data: comfytest.Bytes(99, len(data))} }},
		{"exile", 3_000_000, func([]byte) comfytest.Served {
			return comfytest.Served{Redirect: "https://cdn.elsewhere.example/exile?signature=1"}
		}},
		{"vault", 3_000_000, func(data []byte) comfytest.Served { return comfytest.Served{Data: data, Status: []int{403}} }},
		{"giant", 40_000_000_000, func(data []byte) comfytest.Served { return comfytest.Served{Data: data, Claim: 40_000_000_000} }},
	} {
		data := comfytest.Bytes(uint64(n), int(min(c.size, 24_000_000)))
		file := c.name + ".safetensors"
		mirror.Serve("/"+file, c.served(data))
		s.shop.Known = append(s.shop.Known, comfyui.Checkpoint{Name: file, URL: "https://mirror.example/" + file, SHA256: fmt.Sprintf("%x", sha256.Sum256(data)), Size: c.size, Licence: "CC0"})
	}
}

// inTheClear carries to a server in memory what would be encrypted elsewhere.
type inTheClear struct{ http.RoundTripper }

func (c inTheClear) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme = "http"
	return c.RoundTripper.RoundTrip(r)
}
