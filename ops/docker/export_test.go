package docker

import "vigie/ops"

// What the tests on a real engine need of the harness; they live outside, because the laboratory imports this package.

var NewDesk = newDesk

func (d *desk) Ask(line string) (*ops.Answer, *ops.Run, error) { return d.ask(line) }
func (d *desk) Do(line string) (ops.Run, error)                { return d.do(line) }

// Lines is an answer as the scripts show it.
func Lines(a *ops.Answer) string { return lines(a) }
