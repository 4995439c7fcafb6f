// Command maru is the SMACK stack in one binary.
package main

import (
	"os"

	"maru/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
