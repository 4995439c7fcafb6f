import { useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react';
import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { type LiveState, liveSince, liveState, subscribe, watchLive } from './live';

// useLive gives the newest that a topic has sent; undefined until then and while topic is undefined.
export function useLive<T>(topic: string | undefined): T | undefined {
  const [got, set] = useState<{ topic: string; data: T }>();
  // Talks to the server's event stream.
  useEffect(() => (topic === undefined ? undefined : subscribe(topic, data => set({ topic, data: data as T }))), [topic]);
  return got && got.topic === topic ? got.data : undefined;
}

// useLiveEvent calls f with each thing a topic sends: for lists that grow.
export function useLiveEvent<T>(topic: string | undefined, f: (data: T) => void) {
  const heard = useEffectEvent((data: unknown) => f(data as T));
  // Talks to the server's event stream.
  useEffect(() => (topic === undefined ? undefined : subscribe(topic, heard)), [topic]);
}

// useLiveQuery keeps a query's data at what a topic sends: the topic sends what the query's endpoint answers.
export function useLiveQuery<T>(topic: string | undefined, key: QueryKey) {
  const client = useQueryClient();
  useLiveEvent<T>(topic, data => { client.setQueryData(key, data); });
}

export function useLiveState(): { state: LiveState; since: number } {
  const state = useSyncExternalStore(watchLive, liveState);
  return { state, since: liveSince() };
}
