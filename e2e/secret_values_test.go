package e2e

// What no message, log line, journal note or page may ever hold.
const (
	tokenSecret = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
	envSecret   = "hunter2-of-the-environment"
	logSecret   = "hunter3-of-the-log"
	totpSecret  = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
)
