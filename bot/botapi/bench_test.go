package botapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// BenchmarkSendMessage is one call over the loopback on kept connections.
func BenchmarkSendMessage(b *testing.B) {
	s := New(testOptions())
	web := httptest.NewServer(s)
	defer web.Close()
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	form := url.Values{"chat_id": {"1001"}, "parse_mode": {"HTML"}, "text": {"🔴 <b>2 of 14 need you</b> · <code>grafana</code> unhealthy 3 min"},
		"reply_markup": {`{"inline_keyboard":[[{"text":"grafana","callback_data":"a"},{"text":"openclaw","callback_data":"b"}]]}`}}.Encode()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			answered, err := client.Post(web.URL+"/bot"+token+"/sendMessage", "application/x-www-form-urlencoded", strings.NewReader(form))
			if err != nil {
				b.Error(err)
				return
			}
			io.Copy(io.Discard, answered.Body)
			answered.Body.Close()
			if answered.StatusCode != http.StatusOK {
				b.Errorf("status %d", answered.StatusCode)
			}
		}
	})
}
