// Package redistest restores a real Redis in a real container, with and without an append-only file, and breaks it in between.
package redistest
