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
  asked: Query<Params, Result>,
  ...given: Given<Params>
): QueryState<Result>;
/** The result of a question that stands here and is built: `useQuery("all posts since {day: date}", { day })`. */
export function useQuery<const Text extends string>(
  asked: Question<Text>,
  ...given: Given<ParamsOf<Asked<Text>>>
): QueryState<ResultOf<Asked<Text>>>;
export function useQuery(
  asked: string | Query<unknown, unknown>,
  ...given: [params?: unknown]
): QueryState<unknown> {
  const wanted: Query<unknown, unknown> = typeof asked === "string" ? query(asked as never) : asked;
  const client = useContext(ClientContext);
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<Omit<QueryState<unknown>, "reload">>({
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
      .run(wanted, JSON.parse(key))
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
  }, [client, wanted, key, turn]);
  return { ...state, reload: () => setTurn((before) => before + 1) };
}
