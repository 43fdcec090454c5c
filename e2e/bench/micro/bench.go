package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// bench is the process that lets the subjects take turns.
type bench struct {
	settings settings
	dir      string
	huawei   *huawei
	subjects []subject
	workers  []*worker
}

// worker is a subject's process, as this one sees it.
type worker struct {
	cmd     *exec.Cmd
	input   io.WriteCloser
	orders  *json.Encoder
	replies *json.Decoder
}

func newBench(s settings) (*bench, error) {
	dir, err := os.MkdirTemp("", "huaweiid-micro-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	b := &bench{settings: s, dir: dir, subjects: subjects(s.most, s.full)}
	if b.huawei, err = startHuawei(); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// start starts a process for every subject, one after the other: filling a large cache takes a whole core or two.
func (b *bench) start(ctx context.Context) error {
	staged := filepath.Join(b.dir, "staged")
	module, err := stageFillable(staged)
	if err != nil {
		return err
	}
	for _, subject := range b.subjects {
		fmt.Fprintf(os.Stderr, "starting: %s\n", subject.says)
		scratch := filepath.Join(b.dir, subject.Name)
		if err := os.Mkdir(scratch, 0o700); err != nil {
			return fmt.Errorf("making a directory: %w", err)
		}
		w, err := startWorker(ctx, spec{
			Subject: subject.Name, Users: subject.Users, Limit: subject.Limit,
			Dir: staged, Module: module, Scratch: scratch, Huawei: b.huawei.URL(),
		})
		if err != nil {
			return fmt.Errorf("%s: %w", subject.says, err)
		}
		b.workers = append(b.workers, w)
		if _, err := w.reply(); err != nil {
			return fmt.Errorf("%s: %w", subject.says, err)
		}
	}
	return nil
}

func startWorker(ctx context.Context, s spec) (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting a subject's process: %w", err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("starting a subject's process: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, workerCommand, string(text))
	cmd.Stderr = os.Stderr
	// Should this process die, the subject's input ends, and with it the subject.
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a subject's process: %w", err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a subject's process: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a subject's process: %w", err)
	}
	return &worker{cmd: cmd, input: input, orders: json.NewEncoder(input), replies: json.NewDecoder(output)}, nil
}

func (w *worker) reply() (r reply, err error) {
	if err := w.replies.Decode(&r); err != nil {
		return reply{}, fmt.Errorf("%w: %w", errWorker, err)
	}
	return r, nil
}

func (w *worker) ask(o order) (reply, error) {
	if err := w.orders.Encode(o); err != nil {
		return reply{}, fmt.Errorf("%w: %w", errWorker, err)
	}
	return w.reply()
}

// close ends all processes and removes what was staged.
func (b *bench) close() {
	for _, w := range b.workers {
		// It ends with its input, if it has not ended already.
		_ = w.input.Close()
		_ = w.cmd.Wait()
	}
	if b.huawei != nil {
		b.huawei.Close()
	}
	_ = os.RemoveAll(b.dir)
}
