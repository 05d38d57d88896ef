internal import BigInt
package import ParleyBase
internal import ParleyProgram
internal import ParleySQL

/// Benchmarks that are SQL texts over several tables.
extension BenchWork {
  /// The sum of a column of b over the pairs of rows of a and b with the same key. Keys are unique in each table and drawn from
  /// twice as many, so that about half of them are in both. The first party holds a, the second b.
  package static func join(rows: Int, seed: UInt64) throws(ParleyError) -> BenchWork {
    guard rows >= 1, rows <= 1 << 24 else {
      throw ParleyError(.usage, "--size must be 1 to 16777216 rows", remedy: "choose another number")
    }
    var random = InsecureSplitMix(seed: seed)
    func keys() -> [Int64] { Array((1...2 * Int64(rows)).shuffled(using: &random).prefix(rows)) }
    let (ofA, ofB) = (keys(), keys())
    let values = ofB.map { _ in Int64.random(in: -1_000_000...1_000_000, using: &random) }
    let key = ColumnSchema(name: "k", type: .integer(1...2 * Int64(rows)), isNullable: false)
    func table(_ name: String, _ columns: [ColumnSchema]) -> TableSchema {
      TableSchema(
        name: name, columns: columns, holders: ["P0", "P1"], maximumRows: rows, uniqueKeys: [["k"]])
    }
    let schemas = [
      table("a", [key]),
      table(
        "b", [key, .init(name: "y", type: .integer(-1_000_000...1_000_000), isNullable: false)]),
    ]
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "join", text: "SELECT SUM(b.y) AS total FROM a JOIN b ON a.k = b.k")], tables: schemas,
      rules: ReleaseRules(minimumCell: 0, recipients: ["P0"]))
    func data(_ columns: [[Int64]], _ count: Int) -> TableData {
      TableData(rowCount: count, columns: columns.map { .init(values: $0, isNull: []) })
    }
    let isInA = Set(ofA)
    let total = zip(ofB, values).reduce(BigInt(0)) { isInA.contains($1.0) ? $0 + BigInt($1.1) : $0 }
    return BenchWork(
      program: program, options: LoweringOptions(insecureUncheckedInputs: true), schemas: schemas,
      held: [[data([ofA], rows), data([[], []], 0)], [data([[]], 0), data([ofB, values], rows)]],
      expected: [total], expectedOf: program.results[0].columns[0].value.rawValue)
  }
}
