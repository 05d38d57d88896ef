// Every operator makes one node of the program and costs nothing yet; `docs/swift-api.md` lists what runs to what.
// Between a column and a scalar, the scalar meets every row.

extension SecretValue where Element: SecretNumber {
  /// The sum, in the finer of both scales.
  public static func + (a: Self, b: Self) -> Self { .init(formula: .arithmetic(.add, a.formula, b.formula)) }
  /// The sum, in the finer of both scales; `b` is public.
  public static func + (a: Self, b: Element) -> Self {
    .init(formula: .arithmetic(.add, a.formula, a.formula.constant(b)))
  }
  /// The sum, in the finer of both scales; `a` is public.
  public static func + (a: Element, b: Self) -> Self {
    .init(formula: .arithmetic(.add, b.formula.constant(a), b.formula))
  }
  /// The difference, in the finer of both scales.
  public static func - (a: Self, b: Self) -> Self { .init(formula: .arithmetic(.subtract, a.formula, b.formula)) }
  /// The difference, in the finer of both scales; `b` is public.
  public static func - (a: Self, b: Element) -> Self {
    .init(formula: .arithmetic(.subtract, a.formula, a.formula.constant(b)))
  }
  /// The difference, in the finer of both scales; `a` is public.
  public static func - (a: Element, b: Self) -> Self {
    .init(formula: .arithmetic(.subtract, b.formula.constant(a), b.formula))
  }
  /// The product, exactly: decimal places add up, 18 are the most (`plan/scale`).
  public static func * (a: Self, b: Self) -> Self { .init(formula: .arithmetic(.multiply, a.formula, b.formula)) }
  /// The product, exactly: decimal places add up, 18 are the most (`plan/scale`); `b` is public.
  public static func * (a: Self, b: Element) -> Self {
    .init(formula: .arithmetic(.multiply, a.formula, a.formula.constant(b)))
  }
  /// The product, exactly: decimal places add up, 18 are the most (`plan/scale`); `a` is public.
  public static func * (a: Element, b: Self) -> Self {
    .init(formula: .arithmetic(.multiply, b.formula.constant(a), b.formula))
  }
  /// The number with the other sign.
  public static prefix func - (a: Self) -> Self { .init(formula: .negated(a.formula)) }

  /// Whether `a` is less than `b`.
  public static func < (a: Self, b: Self) -> Bits { .init(formula: .relation(.less, a.formula, b.formula)) }
  /// Whether `a` is less than `b`; `b` is public.
  public static func < (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.less, a.formula, a.formula.constant(b)))
  }
  /// Whether `a` is less than `b`; `a` is public.
  public static func < (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.less, b.formula.constant(a), b.formula))
  }
  /// Whether `a` is at most `b`.
  public static func <= (a: Self, b: Self) -> Bits {
    .init(formula: .relation(.lessOrEqual, a.formula, b.formula))
  }
  /// Whether `a` is at most `b`; `b` is public.
  public static func <= (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.lessOrEqual, a.formula, a.formula.constant(b)))
  }
  /// Whether `a` is at most `b`; `a` is public.
  public static func <= (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.lessOrEqual, b.formula.constant(a), b.formula))
  }
  /// Whether `a` is greater than `b`.
  public static func > (a: Self, b: Self) -> Bits { .init(formula: .relation(.greater, a.formula, b.formula)) }
  /// Whether `a` is greater than `b`; `b` is public.
  public static func > (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.greater, a.formula, a.formula.constant(b)))
  }
  /// Whether `a` is greater than `b`; `a` is public.
  public static func > (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.greater, b.formula.constant(a), b.formula))
  }
  /// Whether `a` is at least `b`.
  public static func >= (a: Self, b: Self) -> Bits {
    .init(formula: .relation(.greaterOrEqual, a.formula, b.formula))
  }
  /// Whether `a` is at least `b`; `b` is public.
  public static func >= (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.greaterOrEqual, a.formula, a.formula.constant(b)))
  }
  /// Whether `a` is at least `b`; `a` is public.
  public static func >= (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.greaterOrEqual, b.formula.constant(a), b.formula))
  }
  /// Whether both are equal.
  public static func == (a: Self, b: Self) -> Bits { .init(formula: .relation(.equal, a.formula, b.formula)) }
  /// Whether both are equal; `b` is public.
  public static func == (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.equal, a.formula, a.formula.constant(b)))
  }
  /// Whether both are equal; `a` is public.
  public static func == (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.equal, b.formula.constant(a), b.formula))
  }
  /// Whether they differ.
  public static func != (a: Self, b: Self) -> Bits { .init(formula: .relation(.notEqual, a.formula, b.formula)) }
  /// Whether they differ; `b` is public.
  public static func != (a: Self, b: Element) -> Bits {
    .init(formula: .relation(.notEqual, a.formula, a.formula.constant(b)))
  }
  /// Whether they differ; `a` is public.
  public static func != (a: Element, b: Self) -> Bits {
    .init(formula: .relation(.notEqual, b.formula.constant(a), b.formula))
  }
}

extension SecretColumn where Element: SecretNumber {
  /// The sum, in the finer of both scales. The scalar meets every row.
  public static func + (a: Self, b: SecretScalar<Element>) -> Self {
    .init(formula: .arithmetic(.add, a.formula, b.formula))
  }
  /// The sum, in the finer of both scales. The scalar meets every row.
  public static func + (a: SecretScalar<Element>, b: Self) -> Self {
    .init(formula: .arithmetic(.add, a.formula, b.formula))
  }
  /// The difference, in the finer of both scales. The scalar meets every row.
  public static func - (a: Self, b: SecretScalar<Element>) -> Self {
    .init(formula: .arithmetic(.subtract, a.formula, b.formula))
  }
  /// The difference, in the finer of both scales. The scalar meets every row.
  public static func - (a: SecretScalar<Element>, b: Self) -> Self {
    .init(formula: .arithmetic(.subtract, a.formula, b.formula))
  }
  /// The product, exactly: decimal places add up, 18 are the most (`plan/scale`). The scalar meets every row.
  public static func * (a: Self, b: SecretScalar<Element>) -> Self {
    .init(formula: .arithmetic(.multiply, a.formula, b.formula))
  }
  /// The product, exactly: decimal places add up, 18 are the most (`plan/scale`). The scalar meets every row.
  public static func * (a: SecretScalar<Element>, b: Self) -> Self {
    .init(formula: .arithmetic(.multiply, a.formula, b.formula))
  }

  /// Whether `a` is less than `b`. The scalar meets every row.
  public static func < (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.less, a.formula, b.formula))
  }
  /// Whether `a` is less than `b`. The scalar meets every row.
  public static func < (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.less, a.formula, b.formula))
  }
  /// Whether `a` is at most `b`. The scalar meets every row.
  public static func <= (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.lessOrEqual, a.formula, b.formula))
  }
  /// Whether `a` is at most `b`. The scalar meets every row.
  public static func <= (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.lessOrEqual, a.formula, b.formula))
  }
  /// Whether `a` is greater than `b`. The scalar meets every row.
  public static func > (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.greater, a.formula, b.formula))
  }
  /// Whether `a` is greater than `b`. The scalar meets every row.
  public static func > (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.greater, a.formula, b.formula))
  }
  /// Whether `a` is at least `b`. The scalar meets every row.
  public static func >= (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.greaterOrEqual, a.formula, b.formula))
  }
  /// Whether `a` is at least `b`. The scalar meets every row.
  public static func >= (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.greaterOrEqual, a.formula, b.formula))
  }
  /// Whether both are equal. The scalar meets every row.
  public static func == (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.equal, a.formula, b.formula))
  }
  /// Whether both are equal. The scalar meets every row.
  public static func == (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.equal, a.formula, b.formula))
  }
  /// Whether they differ. The scalar meets every row.
  public static func != (a: Self, b: SecretScalar<Element>) -> SecretColumn<Bool> {
    .init(formula: .relation(.notEqual, a.formula, b.formula))
  }
  /// Whether they differ. The scalar meets every row.
  public static func != (a: SecretScalar<Element>, b: Self) -> SecretColumn<Bool> {
    .init(formula: .relation(.notEqual, a.formula, b.formula))
  }
}

extension SecretValue where Element == Bool {
  /// Whether both hold; missing where either is missing.
  public static func && (a: Self, b: Self) -> Self { .init(formula: .logic(.and, a.formula, b.formula)) }
  /// Whether at least one holds; missing where either is missing.
  public static func || (a: Self, b: Self) -> Self { .init(formula: .logic(.or, a.formula, b.formula)) }
  /// Whether both hold, as `&&`; missing where either is missing.
  public static func & (a: Self, b: Self) -> Self { .init(formula: .logic(.and, a.formula, b.formula)) }
  /// Whether at least one holds, as `||`; missing where either is missing.
  public static func | (a: Self, b: Self) -> Self { .init(formula: .logic(.or, a.formula, b.formula)) }
  /// Whether exactly one holds; missing where either is missing.
  public static func ^ (a: Self, b: Self) -> Self { .init(formula: .logic(.xor, a.formula, b.formula)) }
  /// Whether the condition does not hold; missing where it is missing.
  public static prefix func ! (a: Self) -> Self { .init(formula: .not(a.formula)) }
  /// Whether both hold or neither does; missing where either is missing.
  public static func == (a: Self, b: Self) -> Self { .init(formula: .not(.logic(.xor, a.formula, b.formula))) }
  /// Whether exactly one holds; missing where either is missing.
  public static func != (a: Self, b: Self) -> Self { .init(formula: .logic(.xor, a.formula, b.formula)) }
}

extension SecretColumn where Element == Bool {
  /// Whether both hold; missing where either is missing. The scalar meets every row.
  public static func && (a: Self, b: SecretScalar<Bool>) -> Self {
    .init(formula: .logic(.and, a.formula, b.formula))
  }
  /// Whether both hold; missing where either is missing. The scalar meets every row.
  public static func && (a: SecretScalar<Bool>, b: Self) -> Self {
    .init(formula: .logic(.and, a.formula, b.formula))
  }
  /// Whether at least one holds; missing where either is missing. The scalar meets every row.
  public static func || (a: Self, b: SecretScalar<Bool>) -> Self {
    .init(formula: .logic(.or, a.formula, b.formula))
  }
  /// Whether at least one holds; missing where either is missing. The scalar meets every row.
  public static func || (a: SecretScalar<Bool>, b: Self) -> Self {
    .init(formula: .logic(.or, a.formula, b.formula))
  }
  /// Whether both hold, as `&&`; missing where either is missing. The scalar meets every row.
  public static func & (a: Self, b: SecretScalar<Bool>) -> Self {
    .init(formula: .logic(.and, a.formula, b.formula))
  }
  /// Whether both hold, as `&&`; missing where either is missing. The scalar meets every row.
  public static func & (a: SecretScalar<Bool>, b: Self) -> Self {
    .init(formula: .logic(.and, a.formula, b.formula))
  }
  /// Whether at least one holds, as `||`; missing where either is missing. The scalar meets every row.
  public static func | (a: Self, b: SecretScalar<Bool>) -> Self {
    .init(formula: .logic(.or, a.formula, b.formula))
  }
  /// Whether at least one holds, as `||`; missing where either is missing. The scalar meets every row.
  public static func | (a: SecretScalar<Bool>, b: Self) -> Self {
    .init(formula: .logic(.or, a.formula, b.formula))
  }
  /// Whether exactly one holds; missing where either is missing. The scalar meets every row.
  public static func ^ (a: Self, b: SecretScalar<Bool>) -> Self {
    .init(formula: .logic(.xor, a.formula, b.formula))
  }
  /// Whether exactly one holds; missing where either is missing. The scalar meets every row.
  public static func ^ (a: SecretScalar<Bool>, b: Self) -> Self {
    .init(formula: .logic(.xor, a.formula, b.formula))
  }
}

extension SecretColumn where Element == String {
  /// Whether the text is `b`, which must be one that the column lists (`plan/unknown-category`).
  public static func == (a: Self, b: String) -> SecretColumn<Bool> { .init(formula: .isCategory(a.formula, b)) }
  /// Whether the text is another one than `b`, which must be one that the column lists (`plan/unknown-category`).
  public static func != (a: Self, b: String) -> SecretColumn<Bool> {
    .init(formula: .not(.isCategory(a.formula, b)))
  }
}
