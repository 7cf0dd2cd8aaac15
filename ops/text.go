package ops

import (
	"fmt"
	"strings"
	"time"
)

// A Lang is a language that Vigie speaks.
type Lang string

const (
	English Lang = "en"
	French  Lang = "fr"
)

// A Text is a sentence in both languages, side by side where it is said.
// It is a value: it can be stored with a plan and read back in either language.
type Text struct {
	En string `json:"en"`
	Fr string `json:"fr"`
}

// A Speaker is an argument that reads differently in each language: a Text, a Span, a Size.
type Speaker interface{ In(Lang) string }

// T says one thing in both languages. Both templates take the same arguments, in fmt's notation
// (use %[2]s where the order differs); a [Speaker] among them is said in the sentence's language.
func T(en, fr string, args ...any) Text {
	if len(args) == 0 {
		return Text{en, fr}
	}
	return Text{say(en, English, args), say(fr, French, args)}
}

func say(format string, l Lang, args []any) string {
	said := make([]any, len(args))
	for i, a := range args {
		if s, ok := a.(Speaker); ok {
			a = s.In(l)
		}
		said[i] = a
	}
	return fmt.Sprintf(format, said...)
}

// Raw is a name, a figure or a quotation: the same in every language. Never a sentence.
func Raw(s string) Text { return Text{s, s} }

// In reads the text in l; English stands in for a language that Vigie does not speak.
func (t Text) In(l Lang) string {
	if l == French && t.Fr != "" {
		return t.Fr
	}
	return t.En
}

func (t Text) IsZero() bool { return t == Text{} }

// Join puts texts one after the other, leaving out the empty ones.
func Join(sep string, texts ...Text) Text {
	var en, fr []string
	for _, t := range texts {
		if !t.IsZero() {
			en, fr = append(en, t.En), append(fr, t.In(French))
		}
	}
	return Text{strings.Join(en, sep), strings.Join(fr, sep)}
}

// A Name is a thing's name, shown in monospace so that a tap copies it, and never translated.
// It prints between two marks that each transport turns into its own notation; see [MarkOpen].
type Name string

// The marks round a Name inside a text. Control characters cannot come from a log or a label:
// [Clean] takes them out of everything that enters an answer.
const (
	MarkOpen  = "\x02"
	MarkClose = "\x03"
)

func (n Name) String() string { return MarkOpen + Clean(string(n)) + MarkClose }

// Unmark takes the marks away, for places that show plain words.
func Unmark(s string) string {
	return strings.NewReplacer(MarkOpen, "", MarkClose, "").Replace(s)
}

// A Span is a length of time as people say it: «40 s», «3 min», «9 d».
type Span time.Duration

func (s Span) In(l Lang) string {
	d := time.Duration(s).Abs()
	day := "d"
	if l == French {
		day = "j"
	}
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 10*time.Minute && d%time.Minute >= time.Second:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour && d.Truncate(time.Minute)%time.Hour == 0:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d %s", int(d.Hours())/24, day)
	}
}

// A Size is a number of bytes, said in powers of ten with three digits, as Docker does.
type Size int64

func (b Size) In(l Lang) string {
	unit := "B"
	if l == French {
		unit = "o"
	}
	v, n := []string{"", "k", "M", "G", "T", "P"}, 0
	f := float64(b)
	for f >= 1000 && n < len(v)-1 {
		f, n = f/1000, n+1
	}
	if n == 0 || f >= 100 {
		return fmt.Sprintf("%.0f %s%s", f, v[n], unit)
	}
	return fmt.Sprintf("%.3g %s%s", f, v[n], unit)
}

// A Count says a number with its noun in the right form: Count{3, "service", "services", "service", "services"}.
type Count struct {
	N                            int
	EnOne, EnMany, FrOne, FrMany string
}

func (c Count) In(l Lang) string {
	one, many, single := c.EnOne, c.EnMany, c.N == 1
	if l == French {
		one, many, single = c.FrOne, c.FrMany, c.N < 2 // French has no plural for 0
	}
	if single {
		return fmt.Sprintf("%d %s", c.N, one)
	}
	return fmt.Sprintf("%d %s", c.N, many)
}
