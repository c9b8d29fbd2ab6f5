// Known shares of time in functions of a static Go program, one of them on a goroutine of its own.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

var sink uint64

// RUSAGE_THREAD: Go's own threads work beside ours.
const thread = 1

func usedBy(who int) int64 {
	var usage syscall.Rusage
	syscall.Getrusage(who, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func used() int64 { return usedBy(thread) }

//go:noinline
func first(until int64) {
	for {
		for i := uint64(0); i < 100000; i++ {
			sink = sink*31 + i
		}
		if used() >= until {
			return
		}
	}
}

//go:noinline
func second(until int64) {
	for {
		for i := uint64(0); i < 100000; i++ {
			sink = sink*37 + i
		}
		if used() >= until {
			return
		}
	}
}

//go:noinline
func onGoroutine(nanoseconds int64) int64 {
	done := make(chan int64)
	go func() {
		runtime.LockOSThread()
		start := used()
		second(start + nanoseconds)
		done <- used() - start
	}()
	return <-done
}

func main() {
	seconds := 1.0
	if len(os.Args) > 1 {
		seconds, _ = strconv.ParseFloat(os.Args[1], 64)
	}
	fmt.Println("ready")
	byte_ := make([]byte, 1)
	os.Stdin.Read(byte_)
	var took [2]int64
	runtime.LockOSThread()
	start := usedBy(syscall.RUSAGE_SELF)
	for usedBy(syscall.RUSAGE_SELF)-start < int64(seconds*1e9) {
		now := used()
		first(now + 14e6)
		took[0] += used() - now
		took[1] += onGoroutine(6e6)
	}
	all := float64(usedBy(syscall.RUSAGE_SELF) - start)
	fmt.Printf("share main.first %.4f\nshare main.second %.4f\ndone\n", float64(took[0])/all, float64(took[1])/all)
	os.Stdin.Read(byte_)
}
