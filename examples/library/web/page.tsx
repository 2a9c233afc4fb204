import { useMemo, useState } from "react";
import { createRoot } from "react-dom/client";

import { authors, book, booksFrom, createClient, openLoans } from "./queries";
import type { BooksFromRow, OpenLoansRow } from "./queries";
import { ClientContext, useQuery } from "./queries.react";

const PEOPLE = ["nobody", "ana", "librarian"] as const;
const COUNTRIES = ["Germany", "Portugal", "Sweden"] as const;

function Page() {
  const [who, setWho] = useState<string>(PEOPLE[0]);
  const client = useMemo(
    () => createClient({ url: "/api", headers: who === "nobody" ? {} : { "x-nlq-as": who } }),
    [who],
  );
  return (
    <ClientContext.Provider value={client}>
      <h1>Library</h1>
      <Choice label="I am" value={who} values={PEOPLE} onChange={setWho} />
      <Books />
      <Authors />
      <Loans />
      <Book id={3} />
    </ClientContext.Provider>
  );
}

function Books() {
  const [country, setCountry] = useState("");
  const { data, error, loading } = useQuery(booksFrom, { country: country || null });
  return (
    <section aria-label="Books" aria-busy={loading}>
      <h2>Books</h2>
      <Choice label="From" value={country} values={["", ...COUNTRIES]} onChange={setCountry} />
      {error && <p role="alert">{error.code}</p>}
      <table>
        <tbody>
          {data?.map((row: BooksFromRow) => (
            <tr key={row.title}>
              <td>{row.title}</td>
              <td>{row.name}</td>
              <td>{row.year}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Authors() {
  const { data } = useQuery(authors);
  return (
    <section aria-label="Authors">
      <h2>Authors</h2>
      <ul>
        {data?.map(({ name, books }) => (
          <li key={name}>
            {name}: {books.map(({ title, year }) => `${title} (${year})`).join(", ")}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Loans() {
  const { data, error, loading } = useQuery(openLoans);
  return (
    <section aria-label="Loans" aria-busy={loading}>
      <h2>Not returned</h2>
      {error ? (
        <p role="alert">{error.code}</p>
      ) : (
        <ul>
          {data?.map((row: OpenLoansRow) => (
            <li key={`${row.title} ${row.taken}`}>
              {row.title ?? "?"}, {row.name ?? "?"}, since {row.taken}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Book({ id }: { id: number }) {
  const { data } = useQuery(book, { id });
  return <p>{data ? `Book of the month: ${data.title} (${data.year})` : ""}</p>;
}

function Choice(given: {
  label: string;
  value: string;
  values: readonly string[];
  onChange: (value: string) => void;
}) {
  return (
    <label>
      {given.label}{" "}
      <select value={given.value} onChange={(event) => given.onChange(event.target.value)}>
        {given.values.map((value) => (
          <option key={value} value={value}>
            {value || "anywhere"}
          </option>
        ))}
      </select>
    </label>
  );
}

createRoot(document.getElementById("page")!).render(<Page />);
