import ParleyBase

/// Bounds on what a query becomes once its names stand for what they mean: a short text can mean much, as names of common
/// tables and of their columns can be used many times.
struct BindingLimits {
  /// Queries inside each other, by parentheses or through common tables.
  static let deepest = Parser.maximumDepth
  /// Columns of mentioned tables, and parts of the expressions that names stand for.
  static let mostParts = 100_000

  /// Tables in FROM, with those of subqueries and common tables: each costs a join or more.
  static let mostTables = 128

  /// Operators of a plan with each written out as often as others read it: joins with repeating keys read a side several
  /// times, and one inside the other multiply.
  static let mostOperators = 20_000

  private var depth = 0
  private var tables = 0
  private var parts = 0

  /// - Throws: `sql/nesting`
  mutating func enter(at range: SourceRange, of source: Source) throws(ParleyError) {
    depth += 1
    guard depth <= Self.deepest + 1 else {
      throw source.error(
        "sql/nesting",
        "queries use each other more than \(Self.deepest) deep, through names of WITH or in parentheses",
        at: range, remedy: "write fewer steps, one after the other in one SELECT where that is possible")
    }
  }
  mutating func leave() { depth -= 1 }

  /// - Throws: `plan/too-large`
  mutating func mention(at range: SourceRange, of source: Source) throws(ParleyError) {
    tables += 1
    guard tables <= Self.mostTables else {
      throw source.error(
        "plan/too-large", "the query reads more than \(Self.mostTables) tables, those of its subqueries included",
        at: range, remedy: "join fewer tables, or split the query")
    }
  }

  /// - Throws: `plan/too-large`
  mutating func spend(_ count: Int, at range: SourceRange, of source: Source) throws(ParleyError) {
    parts += count
    guard parts <= Self.mostParts else {
      throw source.error(
        "plan/too-large",
        "the query has more than \(Self.mostParts) parts once its names, and what functions mention several times, are written out",
        at: range,
        remedy:
          "use names of common tables and of columns computed in them less often, put functions, CASE, IN and BETWEEN less deep into each other, or split the query"
      )
    }
  }
}

extension RelationalPlan {
  /// Operators, one that is read several times counted each time; `most` where there are so many.
  private func operators(upTo most: Int) -> Int {
    var count = 0
    func visit(_ plan: RelationalPlan) {
      count += 1
      guard count < most else { return }
      for input in plan.inputs where count < most { visit(input) }
    }
    visit(self)
    return count
  }

  /// - Throws: `plan/too-large`, for a plan that grows too much where its joins are put inside each other.
  func checkOperators(of source: Source) throws(ParleyError) {
    guard operators(upTo: BindingLimits.mostOperators) >= BindingLimits.mostOperators else { return }
    throw source.error(
      "plan/too-large",
      "outer joins on keys that repeat, or subqueries that compare every pair of rows, are put inside each other too often",
      at: SourceRange(start: 0, end: 0),
      remedy: "declare the keys of the joined tables as 'unique' in the study where they are, or join fewer tables"
    )
  }
}

extension Expression {
  /// The number of its parts, or `most` where there are so many.
  func count(upTo most: Int) -> Int {
    var count = 0
    func visit(_ expression: Expression) {
      count += 1
      guard count < most else { return }
      for child in expression.children where count < most { visit(child) }
      if case .subquery(let subquery) = expression {
        visit(subquery.output)
        for member in subquery.members { visit(member.output) }
        visit(subquery.plan)
      }
    }
    func visit(_ plan: RelationalPlan) {
      count += 1
      guard count < most else { return }
      for expression in plan.ownExpressions where count < most { visit(expression) }
      for input in plan.inputs where count < most { visit(input) }
    }
    visit(self)
    return min(count, most)
  }
}
