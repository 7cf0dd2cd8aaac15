// Command openclaw is a stand-in for OpenClaw's program, to be put into a container and run there with `docker exec`. It remembers
// what was approved in /tmp of that container. At its first call somebody waits to be let in, and so does a device.
package main

import (
	"fmt"
	"os"
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
	p, found, err := openclawtest.Load(home)
	if err != nil {
		return 0, err
	}
	if !found {
		p.Own("telegram:1001")
		p.AddAgent("writer", "Writer", "deepseek-v3")
		p.Ask("81624551", "marie", "K7QMX2RP", 4*time.Minute)
		p.AskDevice("2f9f2a4e-5a0b-4c35-9d0e-6a1f0c7b1d55", "6b0c2b9e4f", "cli", "operator.read")
	}
	exit = p.Run(args, os.Stdout, os.Stderr)
	return exit, p.Save(home)
}
