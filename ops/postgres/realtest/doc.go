// Package realtest restores, dumps and rehearses the databases of a real PostgreSQL in a container called and guarded as on the real
// stack, and lets everything go wrong on the way. It holds tests only. They need a Docker Engine and the image vigie-demo/postgresql:15,
// which scripts/images.sh makes; where one of them is missing they fail and say so.
package realtest
