// Command openclaw is a stand-in for OpenClaw's program, to be put into a container and run there with `docker exec`. It remembers
// what was approved in /tmp of that container. At its first call somebody waits to be let in, and so does a device.
package main

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"vigie/ops/openclaw/openclawtest"
)

const home = "/tmp/openclaw.json"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "openclaw: say what to do")
		os.Exit(2)
	}
	exit, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "openclaw:", err)
		os.Exit(2)
	}
	os.Exit(exit)
}

func run(args []string) (exit int, err error) {
	lock, err := os.OpenFile(home+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return 0, err
	}
	defer lock.Close()                                                     // which lets go of it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil { // two calls at once would forget what one of them did
		return 0, err
	}
	p, found, err := openclawtest.Load(home)
	if err != nil {
		return 0, err
	}
	if !found {
		fill(p)
	}
	exit = p.Run(args, os.Stdout, os.Stderr)
	return exit, p.Save(home)
}

// fill is what a new one has.
func fill(p *openclawtest.Program) {
	p.Own("telegram:1001")
	for _, m := range [][2]string{{"litellm/glm-5", "GLM 5"}, {"litellm/claude-haiku", "Claude Haiku"}, {"litellm/qwen3-coder", "Qwen3 Coder"}, {"litellm/deepseek-v3", "DeepSeek V3"}} {
		p.AddModel(m[0], m[1])
	}
	p.AddAgent("writer", "Thot", "litellm/deepseek-v3")
	p.AddAgent("builder", "Imhotep", "litellm/glm-5")
	p.AddAgent("explorer", "R2D2", "litellm/glm-5")
	p.Configure("main", map[string]any{"primary": "litellm/glm-5"})
	p.Ask("81624551", "marie", "K7QMX2RP", 4*time.Minute)
	p.AskDevice("2f9f2a4e-5a0b-4c35-9d0e-6a1f0c7b1d55", "6b0c2b9e4f", "cli", "operator.read")
}
