/** What went wrong, by the stable code of the error. */
export const errorsZhCN = {
  error: {
    client: { unreachable: '连不上服务器，请检查网络', bad_answer: '服务器的应答看不懂' },
    identity: { wrong_credentials: '账号或密码不对', too_many_failures: '失败次数太多，请几分钟后再试' },
    http: {
      invalid_request: '提交的内容不符合要求',
      not_found: '没有找到',
      not_signed_in: '请先登录',
      forbidden: '您的角色不能做这项操作',
      cross_origin: '请求来自别的网站，已拒绝',
      too_large: '提交的内容太大',
      unsupported_media_type: '提交的格式不对',
      too_many_streams: '打开的页面太多，请关闭一些',
      bad_answer: '服务器出错，请稍后再试',
    },
    sites: { no_such_market: '没有这个项目', no_such_stall: '没有这个档位' },
    accounts: { not_found: '没有这个账户', not_open: '账户不在开户状态' },
    ledger: { request_reused: '这个充值编号已用于另一笔，请关闭后重新开始' },
    control: {
      no_such_meter: '没有这块表',
      override_end_is_past: '有效期已经过去',
      auto_has_no_end: '恢复预付费不需要有效期',
    },
    readings: {
      hold_not_found: '没有这条挂起',
      hold_released: '这条挂起已经被放行',
      accept_would_decrease: '这个读数小于最近有效读数，采纳会倒扣，只能剔除',
      accept_in_future: '这个读数的时间在将来，只能剔除',
    },
    internal: '服务器出错，请稍后再试',
    other: '操作没有成功（{code}）',
  },
} as const;
