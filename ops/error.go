package ops

import (
	"context"
	"errors"
	"fmt"
)

// An ErrorKind is what went wrong, for the code that must decide what to do about it.
type ErrorKind string

const (
	Invalid     ErrorKind = "invalid"     // the ask makes no sense as it is
	Denied      ErrorKind = "denied"      // the policy or a never-rule says no
	NotFound    ErrorKind = "not-found"   // no such thing
	Drifted     ErrorKind = "drifted"     // things changed since the plan was shown
	Unavailable ErrorKind = "unavailable" // a system cannot be reached or refuses
	Expired     ErrorKind = "expired"     // too late
	Failed      ErrorKind = "failed"      // it was tried and did not work
	Unknown     ErrorKind = "unknown"     // it was sent and nobody knows whether it took
)

// An Error tells the person what happened and what to do next (Say), and the operator of the bot
// what was behind it (Err). What is not an Error is an internal error: the person is told so plainly.
type Error struct {
	Kind    ErrorKind
	Say     Text
	Err     error
	Choices []Choice // what might have been meant
	Param   string   // the parameter that Choices are for
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Kind, Unmark(e.Say.En), e.Err)
	}
	return string(e.Kind) + ": " + Unmark(e.Say.En)
}

func (e *Error) Unwrap() error { return e.Err }

// Fail makes an Error of kind k.
func Fail(k ErrorKind, say Text, err error) *Error { return &Error{Kind: k, Say: say, Err: err} }

// KindOf says what kind of error err is; a plain error is Failed.
// A context that ended while something was under way leaves Unknown: it may have been sent.
func KindOf(err error) ErrorKind {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Unknown
	}
	return Failed
}

// SayOf is what to tell the person about err.
func SayOf(err error) Text {
	if err == nil {
		return Text{}
	}
	var e *Error
	if errors.As(err, &e) && !e.Say.IsZero() {
		return e.Say
	}
	if KindOf(err) == Unknown {
		return T("no answer in time: it may or may not have happened", "pas de réponse à temps : c’est peut-être fait, peut-être pas")
	}
	return Raw(Clean(err.Error()))
}
