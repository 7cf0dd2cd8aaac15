package ssh

import (
	"errors"
	"strings"
)

// plain holds what a shell takes as it is, wherever it stands in a word but for a leading ~ and =, which are not among them.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+:,./-"

// Quote writes an argument list as the one string that SSH carries, so that any POSIX shell at the other end makes exactly
// that list of it. A NUL cannot be carried.
func Quote(argv []string) (string, error) {
	if len(argv) == 0 || argv[0] == "" {
		return "", errors.New("there is nothing to run")
	}
	words := make([]string, len(argv))
	for i, arg := range argv {
		switch {
		case strings.ContainsRune(arg, 0):
			return "", errors.New("an argument holds a NUL byte")
		case arg != "" && strings.Trim(arg, plain) == "" && i > 0:
			words[i] = arg
		case i == 0 && strings.Trim(arg, plain) == "" && strings.Contains(arg, "/"):
			words[i] = arg
		default: // the first word too, unless it is a path: quoted, it is no keyword and no alias
			words[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " "), nil
}

// ErrNotation is for a command line that [Quote] would not have written.
var ErrNotation = errors.New("the command is not written as one: plain words, or words in single quotes, and nothing that a shell would act on")

// Split is the other way round. It reads only what Quote writes, or might: plain words and single quotes, one space or more
// between words. Anything else is an error, so that no shell's idea of a line can ever differ from ours.
func Split(line string) ([]string, error) {
	var argv []string
	for line != "" {
		if line[0] == ' ' {
			line = line[1:]
			continue
		}
		word, rest, err := cutWord(line)
		if err != nil {
			return nil, err
		}
		argv, line = append(argv, word), rest
	}
	if len(argv) == 0 || argv[0] == "" {
		return nil, ErrNotation
	}
	return argv, nil
}

// cutWord takes one word off a line that begins with one.
func cutWord(line string) (word, rest string, err error) {
	var b strings.Builder
	for line != "" && line[0] != ' ' {
		switch {
		case line[0] == '\'':
			inside, after, closed := strings.Cut(line[1:], "'")
			if !closed || strings.ContainsRune(inside, 0) {
				return "", "", ErrNotation
			}
			b.WriteString(inside)
			line = after
		case strings.HasPrefix(line, `\'`):
			b.WriteByte('\'')
			line = line[2:]
		case strings.IndexByte(plain, line[0]) >= 0:
			b.WriteByte(line[0])
			line = line[1:]
		default:
			return "", "", ErrNotation
		}
	}
	return b.String(), line, nil
}
