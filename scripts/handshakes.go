// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

// Handshakes and nothing else, for scripts/bench probe: what another implementation takes on the same machine.
// handshakes ADDRESS NAMES COUNT CONCURRENCY; prints seconds and how many were served.
package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	address := os.Args[1]
	file, err := os.Open(os.Args[2])
	if err != nil {
		panic(err)
	}
	var names []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		names = append(names, lines.Text())
	}
	count, _ := strconv.Atoi(os.Args[3])
	concurrency, _ := strconv.Atoi(os.Args[4])
	var next, served int64
	var group sync.WaitGroup
	begun := time.Now()
	for worker := 0; worker < concurrency; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				index := int(atomic.AddInt64(&next, 1)) - 1
				if index >= count {
					return
				}
				// As the prober: nothing is verified, the chain is kept.
				configuration := &tls.Config{ServerName: names[index%len(names)], InsecureSkipVerify: true}
				dialer := &net.Dialer{Timeout: 5 * time.Second}
				connection, err := tls.DialWithDialer(dialer, "tcp", address, configuration)
				if err != nil {
					continue
				}
				if len(connection.ConnectionState().PeerCertificates) > 0 {
					atomic.AddInt64(&served, 1)
				}
				connection.Close()
			}
		}()
	}
	group.Wait()
	fmt.Println(time.Since(begun).Seconds(), served)
}
