package import ParleyBase

/// Where a holder's rows of one table come from, as `--data TABLE=…` says it.
package enum DataSource: Hashable, Sendable {
  /// A delimited file, plain or compressed with gzip.
  case file(path: String)
  /// `sqlite:FILE?table=NAME` or `sqlite:FILE?query=SQL`.
  case sqlite(path: String, Selection)
  /// `postgres://…?table=NAME` or `postgres://…?query=SQL`, with other parameters of a connection before it.
  case postgreSQL(url: String, Selection)

  /// Which rows of a database.
  package enum Selection: Hashable, Sendable {
    /// All rows of a table or view.
    case table(String)
    /// What a query gives.
    case query(String)
  }

  /// What follows `table=` or `query=` is taken as it is, to the end and without any decoding.
  /// - Throws: `usage` for a database without table or query, or with a password in it.
  package init(_ text: String) throws(ParleyError) {
    let isSQLite = text.hasPrefix("sqlite:")
    guard isSQLite || text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") else {
      self = .file(path: text)
      return
    }
    let example =
      isSQLite
      ? "sqlite:FILE?table=NAME or 'sqlite:FILE?query=SELECT …'"
      : "postgres://USER@HOST/DATABASE?table=NAME or 'postgres://USER@HOST/DATABASE?query=SELECT …'"
    guard let (place, selection) = Self.split(text) else {
      throw ParleyError(.usage, "\(text) names neither a table nor a query", remedy: "write \(example)")
    }
    guard isSQLite else {
      guard !Self.holdsPassword(place) else {
        throw ParleyError(
          .usage, "the address of the database holds a password, which everybody on this machine could see",
          remedy: "leave it out; psql takes it from PGPASSWORD or ~/.pgpass")
      }
      self = .postgreSQL(url: place, selection)
      return
    }
    let path = String(place.dropFirst("sqlite:".count))
    guard !path.isEmpty else {
      throw ParleyError(.usage, "\(text) names no file", remedy: "write \(example)")
    }
    self = .sqlite(path: path, selection)
  }

  /// The part before the first `table=` or `query=` that follows a `?` or `&`, and what it says.
  private static func split(_ text: String) -> (String, Selection)? {
    let bytes = Array(text.utf8)
    for index in bytes.indices where bytes[index] == UInt8(ascii: "?") || bytes[index] == UInt8(ascii: "&") {
      let rest = bytes[(index + 1)...]
      for key in ["table=", "query="] where rest.starts(with: key.utf8) {
        let value = String(decoding: rest.dropFirst(key.utf8.count), as: UTF8.self)
        guard value.contains(where: { !$0.isWhitespace }) else { return nil }
        let place = String(decoding: bytes[..<index], as: UTF8.self)
        return (place, key == "table=" ? .table(value) : .query(value))
      }
    }
    return nil
  }

  private static func holdsPassword(_ url: String) -> Bool {
    let parts = url.split(separator: "?", maxSplits: 1)
    let authority = parts[0].drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" }
    if let at = authority.lastIndex(of: "@"), authority[..<at].contains(":") { return true }
    return parts.count > 1 && parts[1].split(separator: "&").contains { $0.hasPrefix("password=") }
  }

  /// What messages call it: where the rows are, without the text of a query.
  package var name: String {
    switch self {
    case .file(let path): path
    case .sqlite(let path, .table(let table)): "sqlite:\(path)?table=\(table)"
    case .sqlite(let path, .query): "sqlite:\(path)?query"
    case .postgreSQL(let url, .table(let table)): "\(url)?table=\(table)"
    case .postgreSQL(let url, .query): "\(url)?query"
    }
  }
}

extension DataSource.Selection {
  /// The query that gives the rows: one statement, without what ends it.
  var sql: String {
    switch self {
    case .table(let name):
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      return "SELECT * FROM " + parts.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ".")
    case .query(let text):
      var text = text[...]
      while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
      return String(text)
    }
  }
}
