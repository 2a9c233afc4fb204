// Made by `nlq build` from the queries of this project. Do not edit it: it is written anew.
import { createClient, mutation, query, QueryError } from "./queries";
import type { Asked, Changed, ChangeOptions, Client, Given, Instruction, Mutation, MutationOf, ParamsOf, ParamsOfMutation, Query, Question, ResultOf } from "./queries";
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

export interface MutationState<Params> {
  /** Change rows. Throws `QueryError`, which is in `error`, too. */
  readonly run: (...given: [...Given<Params>, options?: ChangeOptions]) => Promise<Changed>;
  /** What became of the last. */
  readonly data: Changed | undefined;
  readonly error: QueryError | undefined;
  readonly loading: boolean;
}

/** An instruction, to be run by what a person does. */
export function useMutation<Params>(asked: Mutation<Params>): MutationState<Params>;
/** An instruction that stands here and is built: `useMutation("archive the post {id: int}")`. */
export function useMutation<const Text extends string>(
  asked: Instruction<Text>,
): MutationState<ParamsOfMutation<MutationOf<Text>>>;
export function useMutation(asked: string | Mutation<unknown>): MutationState<unknown> {
  const wanted: Mutation<unknown> = typeof asked === "string" ? mutation(asked as never) : asked;
  const client = useContext(ClientContext);
  const [state, setState] = useState<Omit<MutationState<unknown>, "run">>({
    data: undefined,
    error: undefined,
    loading: false,
  });
  const run = async (...given: [params?: unknown, options?: ChangeOptions]): Promise<Changed> => {
    setState((before) => ({ ...before, error: undefined, loading: true }));
    try {
      const data = await client.change(wanted, ...given);
      setState({ data, error: undefined, loading: false });
      return data;
    } catch (error) {
      const known = error instanceof QueryError ? error : new QueryError("internal.error", String(error));
      setState((before) => ({ ...before, error: known, loading: false }));
      throw known;
    }
  };
  return { ...state, run };
}
