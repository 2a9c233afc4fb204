// Made by `nlq build` from the queries of this project. Do not edit it: it is written anew.
import { createClient, QueryError } from "./queries";
import type { Client, Given, Query } from "./queries";
import { createContext, useContext, useEffect, useState } from "react";

/** The client that `useQuery` asks. Give another by `<ClientContext.Provider value={…}>`. */
export const ClientContext = createContext<Client>(createClient());

export interface QueryState<Result> {
  /** The last result, also while the next one is loaded. */
  readonly data: Result | undefined;
  readonly error: QueryError | undefined;
  readonly loading: boolean;
  /** Ask again. */
  readonly reload: () => void;
}

/** The result of a query, asked again whenever its parameters change. */
export function useQuery<Params, Result>(
  query: Query<Params, Result>,
  ...given: Given<Params>
): QueryState<Result> {
  const client = useContext(ClientContext);
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<Omit<QueryState<Result>, "reload">>({
    data: undefined,
    error: undefined,
    loading: true,
  });
  // Equal parameters are the same parameters, though each rendering makes an object of its own.
  const key = JSON.stringify(given[0] ?? {});
  useEffect(() => {
    const ended = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    client
      .until(ended.signal)
      .run(query, ...(([JSON.parse(key)] as unknown) as Given<Params>))
      .then(
        (data) => {
          if (!ended.signal.aborted) setState({ data, error: undefined, loading: false });
        },
        (error: unknown) => {
          if (ended.signal.aborted) return;
          const known = error instanceof QueryError ? error : new QueryError("internal.error", String(error));
          setState((before) => ({ ...before, error: known, loading: false }));
        },
      );
    return () => ended.abort();
  }, [client, query, key, turn]);
  return { ...state, reload: () => setTurn((before) => before + 1) };
}
