package bot

import (
	"strings"
	"testing"

	"vigie/ops"
)

func BenchmarkHTML(b *testing.B) {
	short := ops.Say(ops.T("🔴 2 of 14 need you", "🔴 2 sur 14 ont besoin de toi"))
	short.Blocks = append(short.Blocks, ops.Block{Table: [][]string{{"n8n", "healthy", "9 d"}, {"openclaw", "restarting", "3 min"}}})
	var megabyte ops.Answer
	megabyte.Code(strings.Repeat("\x1b[31m<b>_😀&\x1b[0m", 60_000), false)
	for name, a := range map[string]ops.Answer{"short": short, "megabyte": megabyte} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				HTML(a, ops.English, nil)
			}
		})
	}
}
