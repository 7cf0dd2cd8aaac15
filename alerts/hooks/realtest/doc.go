// Package realtest lets a real Alertmanager and a real Uptime Kuma fire at vigie/alerts/hooks, over the loopback interface.
// It holds tests only. They need the program prometheus-alertmanager, and what scripts/kuma.sh installs; where one of them is
// missing they fail and say what to run.
package realtest
