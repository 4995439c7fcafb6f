//go:build !race

package project_test

const raceEnabled = false
