import BigInt
import ParleyBase
import ParleyProgram

/// Expressions by precedence: OR, AND, NOT, predicates, + −, * /, sign, primary.
extension Parser {
  mutating func expression() throws(ParleyError) -> SyntaxExpression {
    if depth == 0 { chained = 0 }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw source.error(
        "sql/nesting", "the expression is nested more than \(Self.maximumDepth) deep", at: current.range,
        remedy: "remove parentheses, or use IN for long lists of values")
    }
    var parts = [try conjunction()]
    while take(keyword: "OR") { parts.append(try conjunction()) }
    return joined(parts[...], SyntaxExpression.Kind.or)
  }

  /// A balanced tree: AND and OR are associative, and the depth of the tree is rounds of the protocol.
  private func joined(
    _ parts: ArraySlice<SyntaxExpression>,
    _ make: (SyntaxExpression, SyntaxExpression) -> SyntaxExpression.Kind
  ) -> SyntaxExpression {
    guard parts.count > 1 else { return parts[parts.startIndex] }
    let middle = parts.startIndex + (parts.count + 1) / 2
    let a = joined(parts[..<middle], make), b = joined(parts[middle...], make)
    return SyntaxExpression(kind: make(a, b), range: a.range.union(b.range))
  }

  /// Called for every operator that deepens the tree without deepening the parser, with its position in its row.
  mutating func chain(_ position: inout Int) throws(ParleyError) {
    position += 1
    if position > 1 { chained += 1 }
    guard chained <= Self.maximumChained else {
      throw source.error(
        "sql/nesting", "more than \(Self.maximumChained) operators follow one another", at: current.range,
        remedy: "split it into several queries, or use IN for long lists of values")
    }
  }
  func node(_ kind: SyntaxExpression.Kind, from start: Int) -> SyntaxExpression {
    SyntaxExpression(kind: kind, range: SourceRange(start: start, end: lastEnd))
  }

  private mutating func conjunction() throws(ParleyError) -> SyntaxExpression {
    var parts = [try negation()]
    while take(keyword: "AND") { parts.append(try negation()) }
    return joined(parts[...], SyntaxExpression.Kind.and)
  }

  private mutating func negation() throws(ParleyError) -> SyntaxExpression {
    var starts: [Int] = []
    var position = 0
    while current.keyword == "NOT" {
      try chain(&position)
      starts.append(current.range.start)
      advance()
    }
    var inner = try predicate()
    for start in starts.reversed() { inner = node(.not(inner), from: start) }
    return inner
  }

  private mutating func predicate() throws(ParleyError) -> SyntaxExpression {
    var left = try sum()
    var position = 0
    while true {
      let start = left.range.start
      if case .symbol(let text) = current.kind,
        let sign = ComparisonSign(rawValue: text == "!=" ? "<>" : text)
      {
        try chain(&position)
        advance()
        if ["ANY", "SOME", "ALL"].contains(current.keyword), following.kind == .symbol("(") {
          left = try quantified(sign, left)
          continue
        }
        let right = try sum()
        left = try comparison(sign, left, right)
      } else if take(keyword: "IS") {
        try chain(&position)
        left = try statement(about: left)
      } else if ["BETWEEN", "IN", "LIKE"].contains(current.keyword)
        || current.keyword == "NOT" && ["BETWEEN", "IN", "LIKE"].contains(following.keyword)
      {
        try chain(&position)
        let negated = take(keyword: "NOT")
        let word = current
        advance()
        switch word.keyword {
        case "BETWEEN":
          let low = try sum()
          try expect(keyword: "AND", "between the bounds of BETWEEN")
          // Read before 'node' looks where it ends.
          let high = try sum()
          left = node(.between(left, low: low, high: high), from: start)
        case "IN":
          left = try membership(of: left)
        default:
          left = try like(left)
        }
        if negated { left = node(.not(left), from: start) }
      } else {
        try refuseForeignPredicate(of: left)
        return left
      }
    }
  }

  // Rare forms have functions of their own, so that the frames of the deep recursion stay small.

  /// After IS.
  private mutating func statement(about left: SyntaxExpression) throws(ParleyError) -> SyntaxExpression {
    let start = left.range.start
    let isNegated = take(keyword: "NOT")
    var result: SyntaxExpression
    var isOpposite = isNegated
    switch current.keyword {
    case "TRUE", "FALSE":
      let value = current.keyword == "TRUE"
      advance()
      result = node(.isTruth(left, value), from: start)
    case "DISTINCT":
      advance()
      try expect(keyword: "FROM", "after IS DISTINCT")
      let other = try sum()
      result = node(.isSame(left, other), from: start)
      isOpposite.toggle()
    case "UNKNOWN":
      advance()
      // Of a condition alone, which NOT makes sure of.
      result = node(.isNull(node(.not(left), from: start)), from: start)
    default:
      try expect(keyword: "NULL", "after IS")
      result = node(.isNull(left), from: start)
    }
    return isOpposite ? node(.not(result), from: start) : result
  }

  /// Of two values, or of two rows: all of their values are equal.
  private func comparison(
    _ sign: ComparisonSign, _ left: SyntaxExpression, _ right: SyntaxExpression
  ) throws(ParleyError) -> SyntaxExpression {
    guard case .row(let a) = left.kind, case .row(let b) = right.kind else {
      return node(.comparison(sign, left, right), from: left.range.start)
    }
    guard sign == .equal || sign == .notEqual, a.count == b.count else {
      throw source.error(
        "sql/arguments", "rows of \(a.count) and \(b.count) values are compared by \(sign.rawValue)",
        at: left.range.union(right.range),
        remedy: "compare rows of one length by =, <> or IN, and their values by AND and OR otherwise")
    }
    let parts = zip(a, b).map { x, y in
      SyntaxExpression(kind: .comparison(.equal, x, y), range: x.range.union(y.range))
    }
    let same = joined(parts[...], SyntaxExpression.Kind.and)
    return sign == .equal ? same : node(.not(same), from: left.range.start)
  }

  /// After IN.
  private mutating func membership(of left: SyntaxExpression) throws(ParleyError) -> SyntaxExpression {
    try expect(symbol: "(", "after IN")
    if beginsQuery { return try queryMembership(of: left) }
    var values: [SyntaxExpression] = []
    repeat { values.append(try expression()) } while take(symbol: ",")
    try expect(symbol: ")", "after the values of IN")
    return node(.oneOf(left, values), from: left.range.start)
  }
  mutating func queryMembership(of left: SyntaxExpression) throws(ParleyError) -> SyntaxExpression {
    let inner = try query()
    try expect(symbol: ")", "after the subquery")
    return node(.oneOfQuery(left, inner), from: left.range.start)
  }
  private mutating func like(_ left: SyntaxExpression) throws(ParleyError) -> SyntaxExpression {
    let pattern = try sum()
    let escape = take(keyword: "ESCAPE") ? try sum() : nil
    return node(.like(left, pattern: pattern, escape: escape), from: left.range.start)
  }
  private mutating func scalarQuery(from start: Int) throws(ParleyError) -> SyntaxExpression {
    let inner = try query()
    try expect(symbol: ")", "after the subquery")
    return node(.scalarQuery(inner), from: start)
  }
  private mutating func exists() throws(ParleyError) -> SyntaxExpression {
    let start = current.range.start
    advance()
    try expect(symbol: "(", "after EXISTS")
    let inner = try query()
    try expect(symbol: ")", "after the subquery")
    return node(.exists(inner), from: start)
  }

  /// Sums, and texts that `||` joins, which binds less than they do.
  mutating func sum() throws(ParleyError) -> SyntaxExpression {
    var left = try product()
    var texts: [SyntaxExpression] = []
    var position = 0
    while case .symbol(let text) = current.kind, text == "+" || text == "-" || text == "||" {
      if text == "||" {
        advance()
        texts.append(left)
        left = try product()
        continue
      }
      try chain(&position)
      advance()
      let right = try product()
      left = node(.arithmetic(text == "+" ? .plus : .minus, left, right), from: left.range.start)
    }
    guard let first = texts.first else { return left }
    return node(.joined(texts + [left]), from: first.range.start)
  }

  private mutating func product() throws(ParleyError) -> SyntaxExpression {
    var left = try signed()
    var position = 0
    while case .symbol(let text) = current.kind, text == "*" || text == "/" || text == "%" {
      try chain(&position)
      advance()
      let right = try signed()
      left = node(.arithmetic(ArithmeticSign(rawValue: text) ?? .times, left, right), from: left.range.start)
    }
    return left
  }

  private mutating func signed() throws(ParleyError) -> SyntaxExpression {
    var signs: [(isMinus: Bool, start: Int)] = []
    var position = 0
    while case .symbol(let text) = current.kind, text == "-" || text == "+" {
      try chain(&position)
      signs.append((text == "-", current.range.start))
      advance()
    }
    var inner = try primary()
    for sign in signs.reversed() where sign.isMinus {
      if case .number(let digits, let scale) = inner.kind {
        inner = node(.number(-digits, scale: scale), from: sign.start)
      } else {
        inner = node(.negated(inner), from: sign.start)
      }
    }
    return inner
  }

  private mutating func primary() throws(ParleyError) -> SyntaxExpression {
    let token = current
    let start = token.range.start
    switch token.kind {
    case .number(let text):
      advance()
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      let fraction = parts.count > 1 ? String(parts[1]) : ""
      guard fraction.count <= 18, parts[0].count <= 30 else {
        throw source.error(
          "sql/number", "the number has too many digits", at: token.range,
          remedy: "use at most 30 digits before the point and 18 after it")
      }
      return node(.number(BigInt(String(parts[0]) + fraction) ?? 0, scale: fraction.count), from: start)
    case .text(let text):
      advance()
      return node(.text(text), from: start)
    case .symbol("("):
      advance()
      if beginsQuery { return try scalarQuery(from: start) }
      var inner = try expression()
      if current.kind == .symbol(",") { return try row(inner, from: start) }
      try expect(symbol: ")", "to close the parenthesis")
      inner.range = SourceRange(start: start, end: lastEnd)
      return inner
    case .word, .quotedName: return try word()
    default: throw expected("a value", "here")
    }
  }

  /// After its first value.
  private mutating func row(_ first: SyntaxExpression, from start: Int) throws(ParleyError) -> SyntaxExpression {
    var values = [first]
    while take(symbol: ",") { values.append(try expression()) }
    try expect(symbol: ")", "to close the row of values")
    return node(.row(values), from: start)
  }

  private mutating func word() throws(ParleyError) -> SyntaxExpression {
    let token = current
    let start = token.range.start
    switch token.keyword {
    case "TRUE", "FALSE":
      advance()
      return node(.boolean(token.keyword == "TRUE"), from: start)
    case "NULL":
      advance()
      return node(.null, from: start)
    case "CASE":
      return try caseExpression()
    case "EXISTS":
      return try exists()
    case "CAST" where following.kind == .symbol("("): return try cast()
    case "EXTRACT" where following.kind == .symbol("("): return try extract()
    case "SUBSTRING" where following.kind == .symbol("("), "SUBSTR" where following.kind == .symbol("("):
      return try substring()
    case "TRIM" where following.kind == .symbol("("): return try trim()
    // Words of joins elsewhere.
    case "LEFT" where following.kind == .symbol("("), "RIGHT" where following.kind == .symbol("("):
      return try sideFunction()
    case "INTERVAL": if let interval = try interval() { return interval }
    case "DATE", "TIMESTAMP": if let literal = try timeLiteral() { return literal }
    case "TRY_CAST", "SAFE_CAST", "POSITION": try refuseForeignCall()
    default: break
    }
    let first = try name("here")
    if take(symbol: ".") {
      let second = try name("after the dot")
      return node(.name(qualifier: first, second), from: start)
    }
    guard token.keyword != nil, take(symbol: "(") else { return node(.name(qualifier: nil, first), from: start) }
    return try call(first)
  }

  mutating func call(_ function: Name) throws(ParleyError) -> SyntaxExpression {
    let start = function.range.start
    var arguments: [SyntaxExpression]? = []
    if take(symbol: "*") {
      arguments = nil
    } else if take(keyword: "DISTINCT") {
      let inner = try expression()
      try expect(symbol: ")", "after the argument of \(function.text)")
      let condition = try filter(function)
      return node(.distinctCall(function, filtered(inner, by: condition)), from: start)
    } else if current.kind != .symbol(")") {
      var list: [SyntaxExpression] = []
      repeat { list.append(try expression()) } while take(symbol: ",")
      arguments = list
    }
    try expect(symbol: ")", "after the arguments of \(function.text)")
    if let condition = try filter(function) {
      // What does not meet the condition is NULL, which no aggregate counts.
      let one = SyntaxExpression(kind: .number(1, scale: 0), range: function.range)
      let first = filtered(arguments?.first ?? one, by: condition)
      arguments = [first] + (arguments ?? []).dropFirst()
    }
    if current.keyword == "WITHIN", following.keyword == "GROUP" {
      throw unsupported(
        "WITHIN GROUP", at: current.range,
        remedy: FunctionHints.remedy("PERCENTILE_CONT") ?? "")
    }
    if take(keyword: "OVER") {
      let window = try window()
      return node(.windowCall(function, arguments, window), from: start)
    }
    return node(.call(function, arguments), from: start)
  }

  private mutating func filter(_ function: Name) throws(ParleyError) -> SyntaxExpression? {
    let range = current.range
    guard take(keyword: "FILTER") else { return nil }
    guard ExpressionBinder.aggregateNames.contains(function.text.uppercased()) else {
      throw source.error(
        "sql/syntax", "FILTER after \(function.text), which is no statistic", at: range,
        remedy: "use CASE WHEN … THEN … END")
    }
    try expect(symbol: "(", "after FILTER")
    try expect(keyword: "WHERE", "in FILTER")
    let condition = try expression()
    try expect(symbol: ")", "after the condition of FILTER")
    return condition
  }
  private func filtered(_ value: SyntaxExpression, by condition: SyntaxExpression?) -> SyntaxExpression {
    guard let condition else { return value }
    let branch = SyntaxExpression.Branch(condition: condition, result: value)
    return SyntaxExpression(kind: .caseWhen(operand: nil, [branch], else: nil), range: value.range)
  }

  private mutating func caseExpression() throws(ParleyError) -> SyntaxExpression {
    let start = current.range.start
    advance()
    let operand = current.keyword == "WHEN" ? nil : try expression()
    var branches: [SyntaxExpression.Branch] = []
    while take(keyword: "WHEN") {
      let condition = try expression()
      try expect(keyword: "THEN", "after the condition of WHEN")
      branches.append(.init(condition: condition, result: try expression()))
    }
    guard !branches.isEmpty else { throw expected("WHEN", "after CASE") }
    let otherwise = take(keyword: "ELSE") ? try expression() : nil
    try expect(keyword: "END", "to close CASE")
    return node(.caseWhen(operand: operand, branches, else: otherwise), from: start)
  }
}
