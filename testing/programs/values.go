// values prints what its functions are given, so that a tracer's answers can be compared.
package main

import "fmt"

type inner struct{ Low, High int32 }
type shape struct {
	Name  string
	Sides int
	Inner inner
	Next  *shape
	Flag  bool
}

//go:noinline
func area(width int, height int32, flag bool, small uint8) int {
	return width*int(height) + int(small)
}

//go:noinline
func describe(s *shape, name string, values []int64) int {
	return s.Sides + len(name) + len(values)
}

//go:noinline
func byValue(pair inner, small uint8) int { return int(pair.Low) + int(small) }

//go:noinline
func (s *shape) grow(by int) int { s.Sides += by; return s.Sides }

func main() {
	for i := 0; i < 3; i++ {
		s := &shape{Name: "square", Sides: 4 + i, Inner: inner{int32(-i), int32(100 + i)}, Flag: i == 1}
		s.Next = s
		// Printed before the call: what the probe sees, and texts that are in memory.
		fmt.Println("area", 1000+i, -7*i, b(i == 1), 250+i)
		area(1000+i, int32(-7*i), i == 1, uint8(250+i))
		fmt.Println("describe", s.Sides, s.Inner.Low, s.Next.Inner.High, b(s.Flag), s.Name, "café", 2+i)
		describe(s, "café", make([]int64, 2+i))
		fmt.Println("byValue", -5-i, 9, 250+i)
		byValue(inner{int32(-5 - i), 9}, uint8(250+i))
		fmt.Println("grow", s.Sides, i)
		s.grow(i)
	}
}

func b(v bool) int {
	if v {
		return 1
	}
	return 0
}
