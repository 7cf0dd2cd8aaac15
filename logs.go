package main

import (
	"io"
	"os"

	"vigie/ops"
)

// redacting is a writer that no secret passes.
type redacting struct {
	redact *ops.Redactor
	out    io.Writer
}

func (r redacting) Write(line []byte) (int, error) {
	if _, err := io.WriteString(r.out, r.redact.Redact(string(line))); err != nil {
		return 0, err
	}
	return len(line), nil
}

func openAppend(file string) (*os.File, error) {
	return os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}
