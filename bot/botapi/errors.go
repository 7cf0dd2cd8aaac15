package botapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// apiError is a refusal in Telegram's words.
type apiError struct {
	Code        int
	Description string
	RetryAfter  int   // seconds, with 429
	MigrateTo   int64 // the new chat, when a group became a supergroup
}

func (e *apiError) Error() string {
	return strconv.Itoa(e.Code) + " " + e.Description
}

func badRequest(format string, args ...any) *apiError {
	return &apiError{Code: http.StatusBadRequest, Description: "Bad Request: " + fmt.Sprintf(format, args...)}
}

func forbidden(why string) *apiError {
	return &apiError{Code: http.StatusForbidden, Description: "Forbidden: " + why}
}

func tooMany(seconds int) *apiError {
	return &apiError{
		Code:        http.StatusTooManyRequests,
		Description: "Too Many Requests: retry after " + strconv.Itoa(seconds),
		RetryAfter:  seconds,
	}
}

func conflict(why string) *apiError {
	return &apiError{Code: http.StatusConflict, Description: "Conflict: " + why}
}

var (
	errUnauthorized = &apiError{Code: http.StatusUnauthorized, Description: "Unauthorized"}
	errNoMethod     = &apiError{Code: http.StatusNotFound, Description: "Not Found: method not found"}
	errNotFound     = &apiError{Code: http.StatusNotFound, Description: "Not Found"}
	errTooLarge     = &apiError{Code: http.StatusRequestEntityTooLarge, Description: "Request Entity Too Large"}
	errBlocked      = forbidden("bot was blocked by the user")
	errNoChat       = badRequest("chat not found")
	errNotModified  = badRequest("message is not modified: specified new message content and reply markup " +
		"are exactly the same as a current content and reply markup of the message")
	errQueryOld     = badRequest("query is too old and response timeout expired or query ID is invalid")
	errOtherPoller  = conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
	errWebhookCame  = conflict("terminated by setWebhook request")
	errWebhookIsSet = conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
)

// response is what every method answers.
type response struct {
	OK          bool           `json:"ok"`
	Result      any            `json:"result,omitempty"`
	ErrorCode   int            `json:"error_code,omitempty"`
	Description string         `json:"description,omitempty"`
	Parameters  map[string]any `json:"parameters,omitempty"`
}

// encodeAnswer gives the HTTP status and body for a result or a refusal.
func encodeAnswer(result any, refused *apiError) (int, []byte) {
	status, answer := http.StatusOK, response{OK: true, Result: result}
	if refused != nil {
		status = refused.Code
		answer = response{ErrorCode: refused.Code, Description: refused.Description}
		if refused.RetryAfter > 0 {
			answer.Parameters = map[string]any{"retry_after": refused.RetryAfter}
		}
		if refused.MigrateTo != 0 {
			answer.Parameters = map[string]any{"migrate_to_chat_id": refused.MigrateTo}
		}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic("botapi: encoding an answer: " + err.Error()) // unreachable: all results are plain structs
	}
	return status, body
}
