#!/bin/sh
# Pretends to prepare the data directory of the service that waits for it.
echo "checking permissions of /home/node/.n8n"
sleep 1
echo "owner is node:node, nothing to change"
echo "done"
