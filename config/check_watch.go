package config

import "time"

// What a crash loop is, where the file does not say.
const (
	defaultCrashes     = 3
	defaultCrashWindow = Duration(10 * time.Minute)
)

// checkWatch checks what is watched, and who is told of it.
func (l *loader) checkWatch() {
	c := &l.cfg.Watch.Containers
	l.checkNumber("watch.containers.crash_loop", &c.CrashLoop, defaultCrashes, 2, 100)
	l.checkSpan("watch.containers.crash_window", &c.CrashWindow, defaultCrashWindow)
	l.checkSpan("watch.containers.every", &c.Every, defaultEvery)
	l.checkChecks()
	l.checkFileChecks()
	l.checkHeartbeats()
	l.checkPulse()
	l.checkHooks()
	l.checkLiteLLM()
	l.checkScores()
	l.checkVictoria()
	l.checkGrafana()
	l.checkLoki()
	l.checkModel()
	l.checkBots()
	l.checkAlerts()
}
