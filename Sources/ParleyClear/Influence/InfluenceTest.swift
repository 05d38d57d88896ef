package import BigInt
package import ParleyBase
package import ParleyProgram

/// Looks in what a program opens for numbers that rest on fewer units than the study's minimum.
///
/// Whether a unit has to do with a number is found out by trying: the number is computed again without the unit, with other
/// measures of it, and with the unit alone. How the release rules decide plays no part, so that a mistake of theirs shows.
///
/// What is tried is `reference`, the same queries without a minimum, as long as it opens what was opened, with the same
/// values: a number rests on the same units whether or not another group is withheld. Sometimes it does not (a LIMIT
/// that counts shown groups only). Then the program itself is tried.
///
/// A unit without which a number is no longer shown counts as one that the number rests on, because whether it is shown
/// tells about that unit. This holds only where some unit changes the number: every group can be withheld for the sake
/// of another.
///
/// Looked at are single numbers, differences of two of one kind, a total less its parts, the public number of a
/// table's rows less the counts that are shown, and what whoever asks has planned: ``combinations`` and ``bands``. `docs/proofs/suppression.md` says what else can be combined.
package struct InfluenceTest {
  /// What was found.
  package struct Hit: Hashable, Sendable, CustomStringConvertible {
    /// How the number that tells too much was got.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
      /// A number that fewer units than the minimum make up.
      case few
      /// The same of a difference of two numbers.
      case difference
      /// Of a total less its parts.
      case remainder
      /// Of the number of a table's rows, which is public, less the counts that are shown: of withheld groups.
      case withheldTotal = "withheld-total"
      /// The same, of rows that WHERE leaves out.
      case filteredTotal = "filtered-total"
      /// A statistic, whatever it makes of it, of a condition that holds for few units.
      case condition
      /// A digit of a sum, in the base that whoever asked packed it in.
      case digit
      /// A row of the result that fewer units stand behind.
      case group
      /// MIN, MAX without the leave of the table.
      case record
      /// A quantile with too few values on a side.
      case quantile
      /// COUNT(DISTINCT x) of few units.
      case distinct
      /// A number that is no statistic itself and depends on few units however their measures are drawn.
      case processed
      /// What the keys of its row tell already, whatever the data is: whether it is there says that the row is, and it says no more.
      case told
      /// Something else than 0 was opened where nothing is shown.
      case hidden
      /// A number that fewer units make up, computed from several ones as whoever asks had planned.
      case combination
      /// How many rows are in a withheld range, which is few, by what a sum of the ranged column leaves.
      case band
    }
    /// How the number was got.
    package var kind: Kind
    /// The number, in words.
    package var what: String
    /// The number, in digits.
    package var value: String
    /// Those that it rests on.
    package var units: [UnitDatabase.Unit]
    /// Where the number stands, if it is one.
    package var place: OpenedNumbers.Place?

    /// A hit; see the properties.
    package init(
      kind: Kind, what: String, value: String, units: [UnitDatabase.Unit], place: OpenedNumbers.Place? = nil
    ) {
      (self.kind, self.what, self.value, self.units, self.place) = (kind, what, value, units, place)
    }

    /// The definition lets it be: it is found and not counted. How many rows of persons a filter leaves out follows from the public
    /// number of rows; where rows are the units, those left out are counted.
    package var isConceded: Bool {
      kind == .told || kind == .filteredTotal && units.allSatisfy { !$0.kind.hasPrefix(".") }
    }

    package var description: String {
      let names = units.map(\.description).joined(separator: ", ")
      return "\(kind.rawValue): \(what) = \(value)" + (units.isEmpty ? "" : " rests on \(names)")
    }
  }

  /// What is looked at.
  package let program: Program
  /// Nil where the queries cannot be compiled without a minimum.
  package let reference: Program?
  /// Rows by unit.
  package let database: UnitDatabase
  /// Units that a number must rest on.
  package let minimum: Int
  /// By result; see ``OpenedNumbers/columns(of:)``.
  package let columns: [[OpenedColumn]]
  /// Constants that whoever asked put into sums to take them out again.
  package var offsets: [BigInt] = []
  /// Whoever asked gave every unit a digit of its own in sums of this base; nil where nobody did.
  package var packing: BigInt?
  /// Kinds of units that a query puts under one another (UNION ALL of tables): the definition counts them together, as it counts
  /// rows of several holders of one table, each of whom can take its own off.
  package var united: [Set<String>] = []
  /// Results whose rows depend on numbers (HAVING, LIMIT, a window).
  package var choosing: Set<Int> = []
  /// What whoever asks computes from several numbers.
  package var combinations: [OpenedCombination] = []
  /// Counts of ranges beside a sum of the column that they are ranges of.
  package var bands: [OpenedBands] = []

  /// What the program opens for all rows.
  package let base: OpenedNumbers
  let free: OpenedNumbers?
  /// Of the columns of `reference`, in the program.
  private let places: [[Int?]]?

  /// - Throws: what evaluation throws, such as `data/requirement`.
  package init(
    program: Program, reference: Program?, database: UnitDatabase, minimum: Int, columns: [[OpenedColumn]]? = nil
  ) throws(ParleyError) {
    self.program = program
    self.reference = reference
    self.database = database
    self.minimum = minimum
    self.columns = columns ?? OpenedNumbers.columns(of: program)
    base = try Self.open(program, database.data, database.tables, self.columns)
    places = reference.map { Self.places(of: $0, in: program) }
    var free: OpenedNumbers?
    if let reference { free = try Self.open(reference, database.data, database.tables, self.columns, places) }
    self.free = free
  }

  /// Where the columns that one program opens stand in another of the same queries, by the columns that were selected.
  static func places(of reference: Program, in program: Program) -> [[Int?]] {
    zip(reference.results, program.results).map { own, other in
      var places = [Int?](repeating: nil, count: own.columns.count)
      for (index, place) in zip(own.order, other.order) where index >= 0 && place >= 0 { places[index] = place }
      return places
    }
  }

  static func open(
    _ program: Program, _ data: [String: [TableData]], _ tables: [TableSchema], _ columns: [[OpenedColumn]],
    _ places: [[Int?]]? = nil
  ) throws(ParleyError) -> OpenedNumbers {
    let opened = try InsecurePlaintextEvaluator.evaluate(program, tables: tables, data: data, shuffles: false)
    return OpenedNumbers(program, opened, columns: columns, places: places)
  }

  /// What the program opens on changed data; nil where they break what it requires, so that nothing is opened.
  ///
  /// - Parameter isFree: the queries without a minimum instead, where they can be compiled so.
  func open(_ data: [String: [TableData]], isFree: Bool) throws(ParleyError) -> OpenedNumbers? {
    let (program, places) = isFree && reference != nil ? (reference ?? program, places) : (program, nil)
    do throws(ParleyError) { return try Self.open(program, data, database.tables, columns, places) } catch {
      guard error.code.rawValue == "data/requirement" else { throw error }
      return nil
    }
  }

  /// Everything that was found, in the order of the results.
  package func hits() throws(ParleyError) -> [Hit] {
    var hits = base.opened.map { Hit(kind: .hidden, what: $0, value: "not 0", units: []) }
    guard !base.rows.isEmpty else { return hits }
    let opens = free.map { free in
      base.values.allSatisfy { free.values[$0.key] == $0.value } && base.keys.isSubset(of: free.keys)
    }
    let isFree = opens == true
    let kinds = Set(readTables.compactMap(UnitDatabase.kind)).sorted()
    for kinds in together(kinds) {
      var trials = UnitTrials(units: kinds.flatMap { database.units[$0] ?? [] })
      let needsShift =
        packing != nil || columns.joined().contains { [.smooth, .record].contains($0) || $0.isMean }
      for unit in trials.units {
        trials.without.append(try open(database.without([unit]), isFree: isFree))
        if !unit.kind.hasPrefix(".") {
          trials.withoutRow.append(
            try database.withoutRow(of: unit).map { (data) throws(ParleyError) in try open(data, isFree: isFree) })
        }
        if reference != nil { trials.alone.append(try open(database.alone(unit), isFree: true)) }
        if needsShift { trials.shifted.append(try open(database.shifted(unit), isFree: isFree)) }
      }
      hits += try linearHits(Set(kinds), trials) + otherHits(trials) + groupHits(trials)
      hits += try processedHits(trials.units)
    }
    return hits
  }

  /// Kinds of units whose tables stand in one query with UNION ALL. Where it does not unite them, none has to do with the numbers of another.
  package static func united(in queries: [String], _ tables: [TableSchema]) -> [Set<String>] {
    queries.compactMap { text in
      let words = text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map { $0.lowercased() }
      guard zip(words, words.dropFirst()).contains(where: { $0 == ("union", "all") }) else { return nil }
      let kinds = Set(tables.filter { words.contains($0.name.lowercased()) }.compactMap(UnitDatabase.kind))
      return kinds.count > 1 ? kinds : nil
    }
  }

  /// The kinds that are judged together, each in one list.
  private func together(_ kinds: [String]) -> [[String]] {
    var lists: [[String]] = []
    for kind in kinds {
      let others = united.filter { $0.contains(kind) }.reduce(into: Set<String>()) { $0.formUnion($1) }
      if let place = lists.firstIndex(where: { !others.isDisjoint(with: $0) }) {
        lists[place].append(kind)
      } else {
        lists.append([kind])
      }
    }
    return lists
  }

  /// Tables of which a row can matter.
  var readTables: [TableSchema] {
    var read = Set(program.inputs.map(\.table))
    func walk(_ shape: Program.Shape) {
      switch shape {
      case .rows(let table): read.insert(table)
      case .fixed: break
      case .concatenated(let parts): parts.forEach(walk)
      case .first(_, let whole): walk(whole)
      case .product(let outer, let inner):
        walk(outer)
        walk(inner)
      }
    }
    for shape in Set(program.nodes.map(\.type.shape)) { walk(shape) }
    let names = Set(read.map { program.tables[$0.rawValue].name })
    return database.tables.filter { names.contains($0.name) }
  }

  /// Numbers of changed databases, by unit.
  struct UnitTrials {
    var units: [UnitDatabase.Unit]
    var without: [OpenedNumbers?] = []
    /// Of a unit with several rows, what each of them changes: parts of one person can cancel each other.
    var withoutRow: [[OpenedNumbers?]] = []
    var alone: [OpenedNumbers?] = []
    var shifted: [OpenedNumbers?] = []
  }

  func name(_ place: OpenedNumbers.Place) -> String {
    let result = program.results[place.result]
    let row = place.row.isEmpty ? "" : "(\(place.row.joined(separator: ", ")))"
    return "\(result.name).\(result.columns[place.column].name)\(row)"
  }

  /// Numbers that are there without a minimum and not with it.
  package var withheldCount: Int {
    free.map { free in free.values.keys.count { base.values[$0] == nil } } ?? 0
  }

  func isFew(_ count: Int) -> Bool { 0 < count && count < minimum }
}

extension OpenedColumn {
  var isMean: Bool { if case .mean = self { true } else { false } }
}
