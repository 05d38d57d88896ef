public import ParleyBase
public import ParleyProgram

/// One query of a study.
public struct SQLQuery: Hashable, Sendable {
  /// Names the result table.
  public var name: String
  /// SQL, as the study has it.
  public var text: String
  /// The study file, and the line in it at which `text` begins: errors point there.
  public var file: String?
  /// The line of ``file`` at which ``text`` begins, from 1.
  public var line: Int
  /// Where in the file each part of `text` stands.
  public var places: QueryPlaces
  /// The most rows that a join of it may have whose keys repeat on both sides; nil leaves it to the sizes of the tables.
  public var joinBound: Int?

  /// - Parameter places: left out where the lines of `text` are lines of the file, from `line` on.
  public init(
    name: String, text: String, file: String? = nil, line: Int = 1, places: QueryPlaces? = nil,
    joinBound: Int? = nil
  ) {
    self.name = name
    self.text = text
    self.file = file
    self.line = line
    self.places = places ?? .lines(of: text, from: line)
    self.joinBound = joinBound
  }
}

/// SQL text to ``Program``.
///
/// A query of statistics over one table whose groups are public (the product of the keys' declared domains) is
/// computed group by group. Every other query becomes relational operators over secret tables, where the groups and
/// their number are secret too. Either becomes one ``Program/ResultTable``. `docs/sql.md` has the dialect.
public enum SQLFrontEnd {
  /// - Throws: `sql/…` with file, line, column and a suggestion; `plan/release-set` when the results together
  ///   would give away a count that the minimum cell withholds; other `plan/…` from range analysis.
  public static func compile(
    _ queries: [SQLQuery], tables: [TableSchema], rules: ReleaseRules
  ) throws(ParleyError) -> Program {
    try compile(queries, tables: tables, rules: rules, JudgingWork())
  }
  /// - Parameter work: what judging the queries takes is added to it.
  package static func compile(
    _ queries: [SQLQuery], tables: [TableSchema], rules: ReleaseRules, _ work: JudgingWork
  ) throws(ParleyError) -> Program {
    do { return try checked(queries, tables: tables, rules: rules, work) } catch {
      throw NearestStudy(queries: queries, tables: tables, rules: rules, work: work).completing(error)
    }
  }
  /// The same, with errors that propose nothing that has to be tried.
  static func checked(
    _ queries: [SQLQuery], tables: [TableSchema], rules: ReleaseRules, _ work: JudgingWork
  ) throws(ParleyError) -> Program {
    let routed = try routed(queries, tables: tables, rules: rules, work)
    let program = try QueryCompiler.program(of: routed, tables: tables, rules: rules, work)
    try work.check(routed[0].source)
    return program
  }

  /// The program of the queries, and of what is computed of rows that queries choose and no query releases.
  ///
  /// - Parameters:
  ///   - queries: may be none.
  ///   - adding: adds nodes, disclosures and results to the program, after those of the queries.
  package static func compile(
    _ queries: [SQLQuery], tables: [TableSchema], rules: ReleaseRules,
    adding: (inout RowProgram) throws(ParleyError) -> Void
  ) throws(ParleyError) -> Program {
    let work = JudgingWork()
    let routed: [RoutedQuery]
    do { routed = queries.isEmpty ? [] : try self.routed(queries, tables: tables, rules: rules, work) } catch {
      throw NearestStudy(queries: queries, tables: tables, rules: rules, work: work).completing(error)
    }
    let program = try QueryCompiler.program(of: routed, tables: tables, rules: rules, work, adding: adding)
    if let first = routed.first { try work.check(first.source) }
    return program
  }

  /// The same program, which also opens why groups are withheld (``WithholdingReason``): to be evaluated on made-up rows, by nobody
  /// but who made them up.
  package static func watched(
    _ queries: [SQLQuery], tables: [TableSchema], rules: ReleaseRules
  ) throws(ParleyError) -> Program {
    let work = JudgingWork()
    let routed = try routed(queries, tables: tables, rules: rules, work)
    return try QueryCompiler.program(of: routed, tables: tables, rules: rules, work, isWatched: true)
  }

  /// The operators of every relational query, each above those that it reads; nothing for statistics over public
  /// groups, which have none.
  package static func explain(
    _ queries: [SQLQuery], tables: [TableSchema], rules: ReleaseRules
  ) throws(ParleyError) -> [(query: String, operators: [OperatorLine])] {
    var result: [(query: String, operators: [OperatorLine])] = []
    for query in try routed(queries, tables: tables, rules: rules) {
      var lines: [OperatorLine] = []
      if case .relational(let query) = query { lines = try query.operatorLines() }
      result.append((query.source.query.name, lines))
    }
    return result
  }

  /// Bytes of all queries of a study.
  private static let mostText = 1 << 18

  /// What queries do and their authors may not have meant, such as division of whole numbers, or comparison with NULL.
  package static func notes(
    _ queries: [SQLQuery], tables: [TableSchema], rules: ReleaseRules
  ) throws(ParleyError) -> [String] {
    var notes: [String] = []
    for routed in try routed(queries, tables: tables, rules: rules) {
      let source = routed.source
      let statement = try Parser.parse(source)
      var own = NullComparisons.notes(statement, source)
      own += RangeComparisons(statement, source, tables: tables).notes()
      if case .relational(let query) = routed { own += query.notes }
      notes += own.map { "query '\(source.query.name)': \($0)" }
    }
    return notes
  }

  private static func routed(
    _ queries: [SQLQuery], tables: [TableSchema], rules: ReleaseRules, _ work: JudgingWork = JudgingWork()
  ) throws(ParleyError) -> [RoutedQuery] {
    guard !queries.isEmpty else {
      throw ParleyError(
        .init("sql/empty"), "the study asks no query", remedy: "add one, such as SELECT COUNT(*) FROM patients")
    }
    var sources: [Source] = []
    var names: Set<String> = []
    var length = 0
    for query in queries {
      let source = Source(query)
      length += query.text.utf8.count
      guard length <= mostText else {
        throw source.error(
          "plan/too-large", "the queries of the study have more than \(mostText >> 10) KiB of text",
          at: SourceRange(start: 0, end: 0), remedy: "split the study")
      }
      guard names.insert(query.name).inserted else {
        throw source.error(
          "sql/duplicate-name", "two queries are called '\(query.name)'", at: SourceRange(start: 0, end: 0),
          remedy: "give every query a name of its own")
      }
      sources.append(source)
    }
    let parsed = sources.map { source in
      Result { () throws(ParleyError) -> QueryStatement in try Parser.parse(source) }
    }
    let mentions = mentions(in: parsed.compactMap { try? $0.get() })
    var routed: [RoutedQuery] = []
    for (source, statement) in zip(sources, parsed) {
      routed.append(try route(try statement.get(), of: source, tables: tables, rules: rules, mentions, work))
      try work.check(source)
    }
    let statistics = routed.compactMap { if case .statistics(let query) = $0 { query } else { nil } }
    for table in tables {
      guard table.protection != .nothing else { continue }
      try ReleaseSet.check(statistics.filter { $0.table.name == table.name }, minimum: rules.minimumCell)
    }
    try ReleaseSet.checkRelational(routed, tables: tables, minimum: rules.minimumCell)
    return routed
  }

  /// How many queries name each table, by its name in lower case.
  private static func mentions(in statements: [QueryStatement]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for statement in statements {
      for name in TableMentions(in: statement).counts.keys { counts[name, default: 0] += 1 }
    }
    return counts
  }

  /// Statistics over public groups wherever the query is one; otherwise relational operators.
  ///
  /// Medians and quantiles are relational, but where other queries of the study are about the same table: what is withheld is decided for all of
  /// them together then.
  private static func route(
    _ statement: QueryStatement, of source: Source, tables: [TableSchema], rules: ReleaseRules,
    _ mentions: [String: Int], _ work: JudgingWork
  ) throws(ParleyError) -> RoutedQuery {
    let (bound, registry) = try RelationalBinder.bind(
      statement, source: source, tables: tables, minimumCell: rules.minimumCell, work)
    if statement.isOfPublicGroups, let query = PublicGroups(bound, registry)?.statistics(under: rules),
      // The same whatever the minimum is, so that a study can be compared with itself without one.
      !query.statistics.contains(where: { $0.share != nil })
        || mentions[query.table.name.lowercased(), default: 0] > 1
    {
      // What cannot be judged is refused here, where the place in the text is known.
      if rules.minimumCell > 1, query.table.protection != .nothing {
        _ = try StatisticSets(query, minimum: rules.minimumCell, areFiltersMixed: false, work).parts()
      }
      return .statistics(query)
    }
    return .relational(try RelationalQuery(bound, registry, rules: rules, work))
  }
}
